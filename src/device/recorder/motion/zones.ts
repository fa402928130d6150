import type { ZoneCorner } from "../recorder-config.ts";

/** Whether a point (parts of width and height) lies in a polygon, by counting the edges to its left. */
export function isInside(x: number, y: number, polygon: readonly ZoneCorner[]): boolean {
  let inside = false;
  let [previousX, previousY] = polygon.at(-1) ?? [0, 0];
  for (const [cornerX, cornerY] of polygon) {
    const crossesRow = cornerY > y !== previousY > y;
    if (crossesRow && x < cornerX + ((previousX - cornerX) * (y - cornerY)) / (previousY - cornerY)) inside = !inside;
    [previousX, previousY] = [cornerX, cornerY];
  }
  return inside;
}

/** For each cell of a grid, 1 where its middle lies in a zone; without zones everywhere. */
export function zoneMask(columns: number, rows: number, zones: readonly (readonly ZoneCorner[])[]): Uint8Array {
  const mask = new Uint8Array(columns * rows).fill(zones.length === 0 ? 1 : 0);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = (column + 0.5) / columns;
      const y = (row + 0.5) / rows;
      if (zones.some((zone) => isInside(x, y, zone))) mask[row * columns + column] = 1;
    }
  }
  return mask;
}

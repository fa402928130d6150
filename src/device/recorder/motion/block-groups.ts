/** A group of adjacent changed blocks, over corners too. */
export interface BlockGroup {
  readonly blocks: readonly number[];
  /** How many of them also differ from a moment ago. */
  readonly movingBlocks: number;
}

/** The groups of changed blocks inside the mask. */
export function groupsOf(
  changed: Uint8Array,
  moving: Uint8Array,
  mask: Uint8Array,
  columns: number,
  rows: number,
): BlockGroup[] {
  const open = Uint8Array.from(changed, (value, at) => value & (mask[at] ?? 0));
  const groups: BlockGroup[] = [];
  for (let start = 0; start < open.length; start++) {
    if (open[start] === 0) continue;
    open[start] = 0;
    const blocks = [start];
    let movingBlocks = 0;
    // The list grows while it is walked: it is its own queue.
    for (const at of blocks) {
      movingBlocks += moving[at] ?? 0;
      forEachNear(at, 1, columns, rows, (near) => {
        if (open[near] !== 1) return;
        open[near] = 0;
        blocks.push(near);
      });
    }
    groups.push({ blocks, movingBlocks });
  }
  return groups;
}

/** Calls for each block at most `distance` columns and rows away, itself included. */
export function forEachNear(
  at: number,
  distance: number,
  columns: number,
  rows: number,
  visit: (near: number) => void,
): void {
  const row = Math.floor(at / columns);
  const column = at % columns;
  for (let y = Math.max(0, row - distance); y <= Math.min(rows - 1, row + distance); y++) {
    for (let x = Math.max(0, column - distance); x <= Math.min(columns - 1, column + distance); x++) {
      visit(y * columns + x);
    }
  }
}

import { HASH_BYTES, hashesAtLevel, rightEdge, TILE_WIDTH, tilePath, tileWidth } from "../../protocol/tlog/tiles.ts";

/** A file of a log, by its path, and the most bytes that it can have. */
export interface MirroredPath {
  readonly path: string;
  readonly maxBytes: number;
  /** Of a partial file: the whole one that may have taken its place meanwhile, as c2sp.org/tlog-tiles allows. */
  readonly grown: { readonly path: string; readonly maxBytes: number } | null;
}

/** Two bytes of length, and the largest leaf of a register. */
const MAX_BUNDLED_LEAF_BYTES = 2 + 16_448;

/**
 * Every file that a tree of `size` has and one of `oldSize` had not: bundles and hash tiles from the old right edge to the
 * new. Whoever follows the log, from whatever earlier size, finds all it needs in the union of these.
 * Depends on the two sizes alone.
 */
export function mirrorPaths(oldSize: number, size: number): MirroredPath[] {
  const paths = pathsOfLevel("entries", oldSize, size, MAX_BUNDLED_LEAF_BYTES);
  for (let level = 0; hashesAtLevel(size, level) > 0; level += 1) {
    paths.push(...pathsOfLevel(level, oldSize, size, HASH_BYTES));
  }
  return paths;
}

/** How many files {@link mirrorPaths} names, without naming them: a register may claim any size. */
export function countOfPaths(oldSize: number, size: number): number {
  let count = rangeOfLevel(0, oldSize, size).count;
  for (let level = 0; hashesAtLevel(size, level) > 0; level += 1) count += rangeOfLevel(level, oldSize, size).count;
  return count;
}

/** The files at the right edge, which those of a larger tree replace. */
export function partialPaths(size: number): string[] {
  return rightEdge(size).flatMap((name) =>
    name.level === 0 ? [tilePath(name), tilePath({ ...name, level: "entries" })] : [tilePath(name)],
  );
}

function pathsOfLevel(level: number | "entries", oldSize: number, size: number, bytesPerHash: number): MirroredPath[] {
  const { first, count } = rangeOfLevel(level === "entries" ? 0 : level, oldSize, size);
  return Array.from({ length: count }, (_, i) => {
    const width = tileWidth(size, level, first + i);
    const whole = {
      path: tilePath({ level, index: first + i, width: TILE_WIDTH }),
      maxBytes: TILE_WIDTH * bytesPerHash,
    };
    if (width === TILE_WIDTH) return { ...whole, grown: null };
    return { path: tilePath({ level, index: first + i, width }), maxBytes: width * bytesPerHash, grown: whole };
  });
}

function rangeOfLevel(
  level: number,
  oldSize: number,
  size: number,
): { readonly first: number; readonly count: number } {
  const [had, has] = [hashesAtLevel(oldSize, level), hashesAtLevel(size, level)];
  const first = Math.floor(had / TILE_WIDTH);
  return { first, count: has <= had ? 0 : Math.ceil(has / TILE_WIDTH) - first };
}

import type { Crypto } from "../../protocol/crypto.ts";
import { type LogPolicy, openSignedCheckpoint } from "../../protocol/tlog/checkpoint.ts";
import { LogError } from "../../protocol/tlog/errors.ts";
import {
  CHECKPOINT_PATH,
  decodeBundle,
  decodeTile,
  HASH_BYTES,
  parseTilePath,
  rightEdge,
  TILE_WIDTH,
  type TileSource,
  tilePath,
  tileWidth,
} from "../../protocol/tlog/tiles.ts";
import { TreeReader } from "../../protocol/tlog/tree-reader.ts";
import { type MirroredPath, mirrorPaths } from "./mirror-paths.ts";

/** What a whole file has of the partial one that it replaced. @throws LogError `log/malformed`. */
export function cutTo(path: string, whole: Uint8Array): Uint8Array {
  const name = parseTilePath(path);
  if (name === null) throw new RangeError(`${path} is no tile`);
  if (name.level !== "entries") {
    decodeTile(whole, TILE_WIDTH);
    return whole.subarray(0, name.width * HASH_BYTES);
  }
  const entries = decodeBundle(whole, TILE_WIDTH).slice(0, name.width);
  return whole.subarray(
    0,
    entries.reduce((sum, entry) => sum + 2 + entry.length, 0),
  );
}

/**
 * Checks that files which were fetched lead to the signed root, and that the tree begins with the one of `oldSize` entries.
 * Bundles that have gone for want of room are left out. Entries are hashed, never read.
 * @throws LogError `log/damaged`, `log/malformed`, `log/missing`.
 */
export async function expectProven(
  crypto: Crypto,
  copy: TileSource,
  oldSize: number,
  tree: { readonly size: number; readonly root: Uint8Array },
  fetched: readonly MirroredPath[],
): Promise<void> {
  const reader = new TreeReader(crypto, copy, tree);
  await reader.subtree(0, tree.size);
  for (const { path } of fetched) {
    const name = parseTilePath(path);
    if (name === null) throw new RangeError(`${path} is no tile`);
    const { level, index, width } = name;
    if (level === "entries") {
      const bytes = await copy.get(path);
      if (bytes !== null) await reader.openBundle(index, bytes);
    } else if (width === TILE_WIDTH) {
      // One hash of a tile is given only once the whole tile has led to the root.
      const hashed = TILE_WIDTH ** level;
      await reader.subtree(index * TILE_WIDTH * hashed, (index * TILE_WIDTH + 1) * hashed);
    }
  }
  for (const { level, index, width } of rightEdge(oldSize)) {
    const had = await copy.get(tilePath({ level, index, width }));
    const has = await copy.get(tilePath({ level, index, width: tileWidth(tree.size, level, index) }));
    if (had === null || has === null) throw new LogError("log/missing", "a tile at the old or the new right edge");
    if (!had.every((byte, i) => byte === has[i])) {
      throw new LogError("log/damaged", `the tree does not begin with the one of ${oldSize} entries`);
    }
  }
}

/** Whether all that is kept of a tree of `size` entries leads to the root that the log signed. */
export async function leadsToItsRoot(
  crypto: Crypto,
  policy: Pick<LogPolicy, "origin" | "logKey">,
  copy: TileSource,
  size: number,
): Promise<boolean> {
  const checkpoint = await copy.get(CHECKPOINT_PATH);
  if (checkpoint === null) return false;
  try {
    const tree = openSignedCheckpoint(crypto, policy, checkpoint);
    // A checkpoint of fewer entries was passed on for members to convict; what it leads to is no matter of the copy.
    if (tree.size < size) return true;
    if (tree.size > size) return false;
    await expectProven(crypto, copy, size, tree, mirrorPaths(0, size));
    return true;
  } catch (error) {
    if (error instanceof LogError) return false;
    throw error;
  }
}

/** The writer's side of a log: entries go in, tiles, bundles and the next root come out. */

import { concatBytes, equalBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { leafHash, MerkleFrontier, merkleRoot, rootOfPeaks } from "../merkle.ts";
import { LogError } from "./errors.ts";
import {
  encodeBundle,
  hashesAtLevel,
  MAX_ENTRY_BYTES,
  rightEdge,
  TILE_WIDTH,
  type TileSource,
  tilePath,
  tileWidth,
} from "./tiles.ts";
import { TreeReader } from "./tree-reader.ts";

export interface LogFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * A log's tree as its writer needs it: the hashes and entries of partial tiles. It never changes; {@link append} gives the next one,
 * so that a writer whose disk refuses the files still has the tree that its disk holds.
 */
export class GrowingTree {
  readonly #crypto: Crypto;
  readonly size: number;
  readonly root: Uint8Array;
  /** Hashes of the partial tile of each level, empty where the last one is full. */
  readonly #edge: readonly (readonly Uint8Array[])[];
  /** Entries of the partial bundle. */
  readonly #entries: readonly Uint8Array[];

  private constructor(
    crypto: Crypto,
    size: number,
    edge: readonly (readonly Uint8Array[])[],
    entries: readonly Uint8Array[],
  ) {
    this.#crypto = crypto;
    this.size = size;
    this.#edge = edge;
    this.#entries = entries;
    this.root = rootOfPeaks(
      crypto,
      edge.toReversed().flatMap((hashes) => peaksOf(crypto, hashes)),
    );
  }

  static empty(crypto: Crypto): GrowingTree {
    return new GrowingTree(crypto, 0, [], []);
  }

  /**
   * The tree of a log that was written before.
   * @param tree - Size and root of a checkpoint that the writer signed itself.
   * @throws {@link LogError} `log/missing`, `log/malformed`, `log/damaged`, `log/unreachable` when the files are not those of this root.
   */
  static async resume(
    crypto: Crypto,
    source: TileSource,
    tree: { readonly size: number; readonly root: Uint8Array },
  ): Promise<GrowingTree> {
    const reader = new TreeReader(crypto, source, tree);
    const edge: Uint8Array[][] = [];
    for (const { level, index, width } of rightEdge(tree.size)) {
      while (edge.length < level) edge.push([]);
      const span = TILE_WIDTH ** level;
      const start = index * TILE_WIDTH * span;
      const hashes: Uint8Array[] = [];
      for (let i = 0; i < width; i += 1) hashes.push(await reader.subtree(start + i * span, start + (i + 1) * span));
      edge.push(hashes);
    }
    const last = Math.floor(tree.size / TILE_WIDTH);
    const hasPartial = tileWidth(tree.size, "entries", last) > 0;
    const entries = hasPartial ? await reader.openBundle(last, await reader.fetchBundle(last)) : [];
    const resumed = new GrowingTree(crypto, tree.size, edge, entries);
    if (!equalBytes(resumed.root, tree.root)) throw new LogError("log/damaged", "the tiles do not lead to the root");
    return resumed;
  }

  /**
   * The tree with more entries, and the files that are new: full tiles and bundles, and the partial ones of the new size.
   * All of them must be on disk before a checkpoint of the new root is signed.
   * @throws {@link LogError} `log/entry-size`, before anything has happened.
   */
  append(more: readonly Uint8Array[]): { readonly tree: GrowingTree; readonly files: readonly LogFile[] } {
    const long = more.find((entry) => entry.length > MAX_ENTRY_BYTES);
    if (long !== undefined) throw new LogError("log/entry-size", `an entry of ${long.length} bytes`);
    const size = this.size + more.length;
    const bundles = intoTiles(this.#entries, more);
    const files: LogFile[] = filesOf("entries", this.size, bundles, more.length).map(({ path, items }) => ({
      path,
      bytes: encodeBundle(items),
    }));
    const edge: (readonly Uint8Array[])[] = [];
    let rising: readonly Uint8Array[] = more.map((entry) => leafHash(this.#crypto, entry));
    for (let level = 0; hashesAtLevel(size, level) > 0; level += 1) {
      const tiles = intoTiles(this.#edge[level] ?? [], rising);
      for (const { path, items } of filesOf(level, hashesAtLevel(this.size, level), tiles, rising.length)) {
        files.push({ path, bytes: concatBytes(...items) });
      }
      rising = tiles.full.map((hashes) => merkleRoot(this.#crypto, hashes));
      edge.push(tiles.partial);
    }
    return { tree: new GrowingTree(this.#crypto, size, edge, bundles.partial), files };
  }
}

interface Tiles {
  readonly full: readonly (readonly Uint8Array[])[];
  readonly partial: readonly Uint8Array[];
}

function intoTiles(before: readonly Uint8Array[], more: readonly Uint8Array[]): Tiles {
  const items = [...before, ...more];
  const fullCount = Math.floor(items.length / TILE_WIDTH);
  const full = Array.from({ length: fullCount }, (_, i) => items.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH));
  return { full, partial: items.slice(fullCount * TILE_WIDTH) };
}

/** Names of the tiles that `added` items have changed, after `before` items. */
function filesOf(
  level: number | "entries",
  before: number,
  { full, partial }: Tiles,
  added: number,
): { readonly path: string; readonly items: readonly Uint8Array[] }[] {
  const firstIndex = Math.floor(before / TILE_WIDTH);
  const files = full.map((items, i) => ({
    path: tilePath({ level, index: firstIndex + i, width: TILE_WIDTH }),
    items,
  }));
  if (partial.length === 0 || added === 0) return files;
  const index = firstIndex + full.length;
  return [...files, { path: tilePath({ level, index, width: partial.length }), items: partial }];
}

function peaksOf(crypto: Crypto, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
  const frontier = new MerkleFrontier(crypto);
  for (const hash of hashes) frontier.append(hash);
  return frontier.peaks;
}

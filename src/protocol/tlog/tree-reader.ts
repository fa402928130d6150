/** A log's tree read from tiles, none of which is believed before it has led to a root that is. */

import { concatBytes, equalBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { leafHashes, MerkleFrontier, merkleRoot, nodeHash, rootOfPeaks, splitOf } from "../merkle.ts";
import { LogError } from "./errors.ts";
import type { SubtreeReader } from "./proofs.ts";
import {
  decodeBundle,
  decodeTile,
  HASH_BYTES,
  hashesAtLevel,
  rightEdge,
  TILE_WIDTH,
  type TileName,
  type TileSource,
  tilePath,
  tileWidth,
} from "./tiles.ts";

/** One tree of a log. Which files it asks for follows from the size and from what is asked of it, never from their content. */
export class TreeReader implements SubtreeReader {
  readonly #crypto: Crypto;
  readonly #source: TileSource;
  readonly #size: number;
  readonly #root: Uint8Array;
  #edge: Promise<ReadonlyMap<number, readonly Uint8Array[]>> | null = null;
  /** The full tile of each level that was read last: what is read in order is fetched once. */
  readonly #latest = new Map<number, { readonly index: number; readonly hashes: readonly Uint8Array[] }>();

  constructor(crypto: Crypto, source: TileSource, tree: { readonly size: number; readonly root: Uint8Array }) {
    this.#crypto = crypto;
    this.#source = source;
    this.#size = tree.size;
    this.#root = tree.root;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The root of the entries `[start, end)`, a node of this tree or of one that it grew from.
   * @throws {@link LogError} `log/missing`, `log/malformed`, `log/damaged`, `log/unreachable`.
   */
  async subtree(start: number, end: number): Promise<Uint8Array> {
    const length = end - start;
    if (length === 0) return this.#crypto.sha256();
    if (start === 0 && end === this.#size) {
      await this.#rightEdge();
      return this.#root;
    }
    const split = splitOf(length);
    if (length === 1 || split * 2 === length) return this.#completeSubtree(start, length);
    const middle = start + split;
    const left = await this.subtree(start, middle);
    return nodeHash(this.#crypto, left, await this.subtree(middle, end));
  }

  /** @param length - A power of two that divides the start. */
  async #completeSubtree(start: number, length: number): Promise<Uint8Array> {
    let level = 0;
    let width = length;
    for (; width >= TILE_WIDTH; width /= TILE_WIDTH) level += 1;
    const position = start / TILE_WIDTH ** level;
    const index = Math.floor(position / TILE_WIDTH);
    const first = position % TILE_WIDTH;
    return merkleRoot(this.#crypto, (await this.#tile(level, index)).slice(first, first + width));
  }

  /**
   * The entries of a bundle, each a view of bytes that nobody else holds; proven to be this tree's.
   * @param bytes - What {@link fetchBundle} gave.
   * @throws {@link LogError} as {@link subtree}.
   */
  async openBundle(index: number, bytes: Uint8Array): Promise<Uint8Array[]> {
    const width = tileWidth(this.#size, "entries", index);
    const entries = decodeBundle(bytes, width);
    const hashes = await leafHashes(this.#crypto, entries);
    if (width === TILE_WIDTH) {
      const [root] = (await this.#tile(1, Math.floor(index / TILE_WIDTH))).slice(index % TILE_WIDTH);
      this.#expect(root, merkleRoot(this.#crypto, hashes), { level: "entries", index, width });
    } else {
      const leaves = await this.#tile(0, index);
      this.#expect(concatBytes(...leaves), concatBytes(...hashes), { level: "entries", index, width });
    }
    return entries;
  }

  /** The bytes of a bundle, cut to the entries of this tree; not checked yet. @throws {@link LogError} as {@link subtree}. */
  async fetchBundle(index: number): Promise<Uint8Array> {
    const width = tileWidth(this.#size, "entries", index);
    const { bytes, isFull } = await this.#fetch({ level: "entries", index, width });
    if (!isFull || width === TILE_WIDTH) return bytes;
    const entries = decodeBundle(bytes, TILE_WIDTH).slice(0, width);
    return bytes.subarray(
      0,
      entries.reduce((sum, entry) => sum + 2 + entry.length, 0),
    );
  }

  /** A tile's hashes, proven by the tile above, and so on up to the right edge. */
  async #tile(level: number, index: number): Promise<readonly Uint8Array[]> {
    const width = tileWidth(this.#size, level, index);
    if (width < TILE_WIDTH) {
      const hashes = (await this.#rightEdge()).get(level);
      if (hashes === undefined || hashesAtLevel(this.#size, level + 1) !== index) {
        throw new RangeError(`no tile ${level}/${index} in a tree of ${this.#size}`);
      }
      return hashes;
    }
    const known = this.#latest.get(level);
    if (known?.index === index) return known.hashes;
    const hashes = decodeTile((await this.#fetch({ level, index, width })).bytes, width);
    const [root] = (await this.#tile(level + 1, Math.floor(index / TILE_WIDTH))).slice(index % TILE_WIDTH);
    this.#expect(root, merkleRoot(this.#crypto, hashes), { level, index, width });
    this.#latest.set(level, { index, hashes });
    return hashes;
  }

  /** The partial tiles, which together give the root. Fetched once; a failure is not kept. */
  #rightEdge(): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
    this.#edge ??= this.#readRightEdge().catch((error: unknown) => {
      this.#edge = null;
      throw error;
    });
    return this.#edge;
  }

  async #readRightEdge(): Promise<ReadonlyMap<number, readonly Uint8Array[]>> {
    const edge = new Map<number, readonly Uint8Array[]>();
    const peaks: Uint8Array[] = [];
    for (const name of rightEdge(this.#size)) {
      const { bytes, isFull } = await this.#fetch(name);
      const hashes = decodeTile(bytes, isFull ? TILE_WIDTH : name.width).slice(0, name.width);
      const frontier = new MerkleFrontier(this.#crypto);
      for (const hash of hashes) frontier.append(hash);
      edge.set(name.level, hashes);
      peaks.unshift(...frontier.peaks);
    }
    if (!equalBytes(rootOfPeaks(this.#crypto, peaks), this.#root)) {
      throw new LogError("log/damaged", `the tiles at the end of ${this.#size} entries do not lead to the signed root`);
    }
    return edge;
  }

  /** A partial tile may have been replaced by the full one, as c2sp.org/tlog-tiles allows. */
  async #fetch(name: TileName): Promise<{ readonly bytes: Uint8Array; readonly isFull: boolean }> {
    const partial = await getFrom(this.#source, tilePath(name));
    if (partial !== null) return { bytes: partial, isFull: name.width === TILE_WIDTH };
    const full =
      name.width === TILE_WIDTH ? null : await getFrom(this.#source, tilePath({ ...name, width: TILE_WIDTH }));
    if (full === null) throw new LogError("log/missing", `${tilePath(name)} is not there`);
    return { bytes: full, isFull: true };
  }

  #expect(known: Uint8Array | undefined, found: Uint8Array, name: TileName): void {
    if (known === undefined || known.length % HASH_BYTES !== 0 || !equalBytes(known, found)) {
      throw new LogError("log/damaged", `${tilePath(name)} does not lead to the signed root`);
    }
  }
}

/** @throws {@link LogError} `log/unreachable`, or the source's own if it is one. */
export async function getFrom(source: TileSource, path: string): Promise<Uint8Array | null> {
  try {
    return await source.get(path);
  } catch (cause) {
    if (cause instanceof LogError) throw cause;
    throw new LogError("log/unreachable", `${path} could not be fetched`, { cause });
  }
}

/** Where a log keeps its tree and entries (c2sp.org/tlog-tiles): paths of tiles, and what is in them. */

import { concatBytes } from "../bytes.ts";
import { LogError } from "./errors.ts";

/** Hashes or entries in a full tile. */
export const TILE_WIDTH = 256;
export const HASH_BYTES = 32;
const MAX_LEVEL = 63;
/** What a length of two bytes can say. */
export const MAX_ENTRY_BYTES = 65_535;

export const CHECKPOINT_PATH = "checkpoint";

/** Reads files of one log. Web servers, directories and mirrors each have their own. */
export interface TileSource {
  /**
   * @param path - Below the log's root: `checkpoint`, `tile/…`.
   * @returns The whole file, or null where there is none. The bytes belong to the caller.
   * @throws whatever kept it from answering.
   */
  get(path: string): Promise<Uint8Array | null>;
}

/** A tile of hashes (by level) or of entries. */
export interface TileName {
  readonly level: number | "entries";
  /** Place within the level. */
  readonly index: number;
  /** Below {@link TILE_WIDTH}: a partial tile. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, with N in groups of three digits, each but the last after an `x`. */
export function tilePath({ level, index, width }: TileName): string {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

const TILE_PATH = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The inverse of {@link tilePath}; null for anything that it does not write. */
export function parseTilePath(path: string): TileName | null {
  const [, level, groups, width] = TILE_PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) return null;
  const name: TileName = {
    level: level === "entries" ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isPossible = name.level === "entries" || name.level <= MAX_LEVEL;
  return isPossible && Number.isSafeInteger(name.index) && tilePath(name) === path ? name : null;
}

/** How many whole subtrees of 256^level entries a tree has. */
export const hashesAtLevel = (size: number, level: number): number => Math.floor(size / TILE_WIDTH ** level);

/** How many hashes or entries of a tile a tree of this size has: 0 where it has no such tile. */
export function tileWidth(size: number, level: number | "entries", index: number): number {
  const count = hashesAtLevel(size, level === "entries" ? 0 : level);
  return Math.max(0, Math.min(TILE_WIDTH, count - index * TILE_WIDTH));
}

/** The tile at the right edge of each level, lowest first, that is partial; a tree's root follows from these alone. */
export function rightEdge(size: number): (TileName & { readonly level: number })[] {
  const edge: (TileName & { readonly level: number })[] = [];
  for (let level = 0; hashesAtLevel(size, level) > 0; level += 1) {
    const width = hashesAtLevel(size, level) % TILE_WIDTH;
    if (width > 0) edge.push({ level, index: hashesAtLevel(size, level + 1), width });
  }
  return edge;
}

/**
 * The hashes of a tile, each a view of the given bytes.
 * @throws {@link LogError} `log/malformed` unless it has exactly this many.
 */
export function decodeTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * HASH_BYTES) {
    throw new LogError("log/malformed", `a tile of ${bytes.length} bytes for ${width} hashes`);
  }
  return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}

/** @throws {@link LogError} `log/entry-size`. */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const parts = entries.flatMap((entry) => {
    if (entry.length > MAX_ENTRY_BYTES) throw new LogError("log/entry-size", `an entry of ${entry.length} bytes`);
    return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
  });
  return concatBytes(...parts);
}

/**
 * The entries of a bundle, each a view of the given bytes.
 * @throws {@link LogError} `log/malformed` unless it holds exactly this many and nothing else.
 */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (at + 2 > bytes.length || end > bytes.length)
      throw new LogError("log/malformed", "a bundle that ends within an entry");
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== width || at !== bytes.length) {
    throw new LogError("log/malformed", `a bundle of other than ${width} entries`);
  }
  return entries;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import type { ClipHead } from "../../src/owner/verify-clip.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { CLOSING, CLOSING_LANE, decodeClipHead, decodeRecordLeaf } from "../../src/protocol/clip-file.ts";
import type { Lane } from "../../src/protocol/clip-keys.ts";
import { readStatement } from "../../src/protocol/envelope.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { encodeLeaf, LEAF_BYTES, type LeafData } from "../../src/protocol/fragment.ts";
import { leavesOfLane } from "../../src/protocol/merkle.ts";
import { manifestStatement } from "../../src/protocol/statements/manifest.ts";

/** Where the catalog says that an acknowledged fragment lies. */
export interface Row {
  readonly lane: number;
  readonly index: number;
  /** Of the record: leaf data first. */
  readonly offset: number;
  /** Of the ciphertext. */
  readonly length: number;
}

export interface CatalogClip {
  readonly id: string;
  readonly state: string;
  readonly rows: readonly Row[];
}

/** Every committed row of a catalog that no daemon has open; none when it is not a catalog yet. */
export function readCatalog(deviceDir: string): CatalogClip[] {
  let db: Database.Database;
  try {
    db = new Database(join(deviceDir, "vault/catalog.db"), { fileMustExist: true });
  } catch {
    return [];
  }
  try {
    const clips = db.prepare("SELECT number, id, state FROM clip ORDER BY number").all() as {
      number: number;
      id: Uint8Array;
      state: string;
    }[];
    const rows = db.prepare(`SELECT lane, "index", offset, length FROM fragment WHERE clip = ? ORDER BY offset`);
    return clips.map(({ number, id, state }) => ({ id: toHex(id), state, rows: rows.all(number) as Row[] }));
  } catch {
    return [];
  } finally {
    db.close();
  }
}

export interface FoundRecord {
  readonly leaf: LeafData;
  /** Of the record in the file. */
  readonly offset: number;
  readonly ciphertext: Uint8Array;
}

export interface ClipContent {
  readonly head: ClipHead;
  /** Whole records of the four lanes, in file order; not one behind a lane's gap once the clip is closed. */
  readonly records: readonly FoundRecord[];
  /** Whether the file ends in the middle of a record. */
  readonly isTorn: boolean;
}

export const keyOf = ({ lane, index }: { readonly lane: number; readonly index: number }): string => `${lane}/${index}`;

/** Names a record's leaf data and so, by the hash in it, its ciphertext. */
export const leafName = ({ leaf }: FoundRecord): string => toHex(crypto.sha256(encodeLeaf(leaf)));

/** Takes a clip file apart as an owner would who found it on the card. Null: no clip file, or its head cannot be read. */
export function readClipFile(deviceDir: string, id: string): ClipContent | null {
  const bytes = readIfThere(join(deviceDir, "vault/clips", `${id}.clip`));
  if (bytes === null) return null;
  try {
    const { clip, day, wraps, length } = decodeClipHead(crypto, bytes);
    const { records, end } = walk(bytes, length);
    const closing = (index: number): Uint8Array | null =>
      records.find(({ leaf }) => leaf.lane === CLOSING_LANE && leaf.index === index)?.ciphertext ?? null;
    const [manifest, clipKey] = [closing(CLOSING.manifest), closing(CLOSING.clipKey)];
    const kept = countedBy(manifest, records);
    const leaves = kept.map(({ leaf }) => leaf).toSorted((a, b) => a.lane - b.lane || a.index - b.index);
    return { head: { clip, day, wraps, leaves, manifest, clipKey }, records: kept, isTorn: end < bytes.length };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function walk(bytes: Uint8Array, start: number): { records: FoundRecord[]; end: number } {
  const records: FoundRecord[] = [];
  let at = start;
  while (at + LEAF_BYTES <= bytes.length) {
    const leaf = decodeRecordLeaf(bytes.subarray(at, at + LEAF_BYTES));
    const end = at + LEAF_BYTES + leaf.length;
    if (end > bytes.length) break;
    records.push({ leaf, offset: at, ciphertext: bytes.subarray(at + LEAF_BYTES, end) });
    at = end;
  }
  return { records, end: at };
}

function countedBy(manifest: Uint8Array | null, records: readonly FoundRecord[]): FoundRecord[] {
  const media = records.filter(({ leaf }) => leaf.lane !== CLOSING_LANE);
  if (manifest === null) return media;
  const { leaves } = readStatement(crypto, manifestStatement, manifest).payload;
  return media.filter(({ leaf }) => leaf.index < leavesOfLane(leaves, leaf.lane as Lane));
}

function readIfThere(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

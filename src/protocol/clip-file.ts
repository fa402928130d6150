/**
 * One clip's file in the vault: `magic 8 · clip id 16 · day 4 · wrap count 1 · wraps · head hash 32`, then records of
 * leaf data and ciphertext in the order they were sealed. Records of lane 0 hold the manifest and the clip-key
 * statement and end the file. The file alone rebuilds everything that is known of the clip.
 */

import { assertLength, concatBytes, equalBytes, readU32, u32, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { MAX_STATEMENT_BYTES } from "./envelope.ts";
import { ProtocolError } from "./errors.ts";
import { decodeLeaf, encodeLeaf, isCiphertextOf, LEAF_BYTES, type LeafData } from "./fragment.ts";
import { ownHash } from "./hash.ts";
import { WRAP_BYTES } from "./wrap.ts";

export interface ClipHead {
  readonly clip: Uint8Array;
  /** UTC days since 1970-01-01 when the clip opened. */
  readonly day: number;
  readonly wraps: readonly Uint8Array[];
}

const MAGIC = utf8("DWCLIP1\n");
const HASH_BYTES = 32;
/** Up to and including the wrap count, from which the head's length follows. */
export const CLIP_HEAD_FIXED_BYTES = 29;
export const MAX_WRAPS = 255;

/** Lane of the closing records. */
export const CLOSING_LANE = 0;
export const CLOSING = { manifest: 0, clipKey: 1 } as const;

/** Larger than any fragment a camera gives; keeps a damaged length from being believed. */
export const MAX_FRAGMENT_BYTES = 64 * 1024 * 1024;

export const clipHeadLength = (wrapCount: number): number =>
  CLIP_HEAD_FIXED_BYTES + wrapCount * WRAP_BYTES + HASH_BYTES;

export function encodeClipHead(crypto: Crypto, head: ClipHead): Uint8Array {
  assertLength(head.clip, 16, "clip id");
  if (head.wraps.length > MAX_WRAPS) throw new RangeError(`${head.wraps.length} wraps do not fit a clip's head`);
  for (const wrap of head.wraps) assertLength(wrap, WRAP_BYTES, "wrap");
  const body = concatBytes(MAGIC, head.clip, u32(head.day), Uint8Array.of(head.wraps.length), ...head.wraps);
  return concatBytes(body, ownHash(crypto, "clip-head", body));
}

const headError = (message: string): ProtocolError => new ProtocolError("clip-file/head", message);

/**
 * Reads the head at the beginning of the bytes, which may go on behind it.
 * @throws {@link ProtocolError} `clip-file/head`.
 */
export function decodeClipHead(crypto: Crypto, bytes: Uint8Array): ClipHead & { readonly length: number } {
  const wrapCount = bytes[CLIP_HEAD_FIXED_BYTES - 1];
  if (wrapCount === undefined || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
    throw headError("not a Doorward clip file");
  }
  const length = clipHeadLength(wrapCount);
  if (bytes.length < length) throw headError("clip head is cut short");
  const body = bytes.subarray(0, length - HASH_BYTES);
  if (!equalBytes(ownHash(crypto, "clip-head", body), bytes.subarray(length - HASH_BYTES, length))) {
    throw headError("clip head is damaged");
  }
  const wraps = Array.from({ length: wrapCount }, (_, i) =>
    body.slice(CLIP_HEAD_FIXED_BYTES + i * WRAP_BYTES, CLIP_HEAD_FIXED_BYTES + (i + 1) * WRAP_BYTES),
  );
  return { clip: bytes.slice(8, 24), day: readU32(bytes, 24), wraps, length };
}

/** A closing record: a statement's envelope in a leaf's clothes, with a commitment of zeros. */
export function encodeClosingRecord(crypto: Crypto, index: number, envelope: Uint8Array): Uint8Array {
  const leaf: LeafData = {
    lane: CLOSING_LANE,
    index,
    length: envelope.length,
    ciphertextHash: crypto.sha256(envelope),
    keyCommitment: new Uint8Array(HASH_BYTES),
  };
  return concatBytes(encodeLeaf(leaf), envelope);
}

export interface ClipRecord {
  readonly leaf: LeafData;
  /** Ciphertext, or a closing record's envelope. */
  readonly content: Uint8Array;
  /** Where the content begins in the file. */
  readonly offset: number;
}

/** @throws {@link ProtocolError} `clip-file/record` for a leaf that no vault writes. */
export function decodeRecordLeaf(bytes: Uint8Array): LeafData {
  try {
    const leaf = decodeLeaf(bytes);
    const limit = leaf.lane === CLOSING_LANE ? MAX_STATEMENT_BYTES : MAX_FRAGMENT_BYTES;
    if (leaf.length <= limit) return leaf;
  } catch (cause) {
    throw new ProtocolError("clip-file/record", "record without leaf data", { cause });
  }
  throw new ProtocolError("clip-file/record", "record of an impossible length");
}

/** Reads a clip file that arrives in pieces of any size; nothing of it is kept but the unfinished record. */
export class ClipFileReader {
  readonly #crypto: Crypto;
  #pending: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #head: ClipHead | null = null;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** Null until enough of the file has arrived. */
  get head(): ClipHead | null {
    return this.#head;
  }

  /** Bytes up to the end of the last whole record: where a cut file has to be cut off. */
  get wholeLength(): number {
    return this.#offset;
  }

  /** Bytes of an unfinished record. */
  get pendingLength(): number {
    return this.#pending.length;
  }

  /** Gives the records that these bytes complete. @throws {@link ProtocolError} `clip-file/head`, `clip-file/record`. */
  push(bytes: Uint8Array): ClipRecord[] {
    this.#pending = concatBytes(this.#pending, bytes);
    if (this.#head === null && !this.#readHead()) return [];
    const records: ClipRecord[] = [];
    for (let record = this.#readRecord(); record !== null; record = this.#readRecord()) records.push(record);
    return records;
  }

  #readHead(): boolean {
    const wrapCount = this.#pending[CLIP_HEAD_FIXED_BYTES - 1];
    if (wrapCount === undefined || this.#pending.length < clipHeadLength(wrapCount)) return false;
    const { length, ...head } = decodeClipHead(this.#crypto, this.#pending);
    this.#head = head;
    this.#consume(length);
    return true;
  }

  #readRecord(): ClipRecord | null {
    if (this.#pending.length < LEAF_BYTES) return null;
    const leaf = decodeRecordLeaf(this.#pending.subarray(0, LEAF_BYTES));
    const end = LEAF_BYTES + leaf.length;
    if (this.#pending.length < end) return null;
    const content = this.#pending.slice(LEAF_BYTES, end);
    if (!isCiphertextOf(this.#crypto, leaf, content)) {
      throw new ProtocolError("clip-file/record", `record ${leaf.lane}/${leaf.index} is damaged`);
    }
    const offset = this.#offset + LEAF_BYTES;
    this.#consume(end);
    return { leaf, content, offset };
  }

  #consume(length: number): void {
    this.#pending = this.#pending.slice(length);
    this.#offset += length;
  }
}

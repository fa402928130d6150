import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { equalBytes } from "../../protocol/bytes.ts";
import {
  CLOSING,
  CLOSING_LANE,
  type ClipHead,
  clipHeadLength,
  decodeClipHead,
  encodeClosingRecord,
  MAX_FRAGMENT_BYTES,
  MAX_WRAPS,
} from "../../protocol/clip-file.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { MAX_STATEMENT_BYTES } from "../../protocol/envelope.ts";
import { decodeLeaf, isCiphertextOf, LEAF_BYTES, type LeafData } from "../../protocol/fragment.ts";

const LANES_AND_CLOSING = 5;
const READ_AHEAD_BYTES = 4096;
const PAUSE_BYTES = 4 * 1024 * 1024;

/** One record as its leaf data describes it; the content is not read. */
export interface RecordPlace {
  readonly lane: number;
  readonly index: number;
  readonly length: number;
  /** Of the record in the file. */
  readonly offset: number;
}

/**
 * A clip file opened for reading without changing its access date. Reads block: they are short, and a rebuild makes
 * hundreds of thousands of them.
 */
export class ClipFile {
  readonly size: number;
  readonly #fd: number;
  readonly #window = Buffer.allocUnsafe(READ_AHEAD_BYTES);
  #windowAt = 0;
  #windowLength = 0;

  constructor(path: string) {
    this.#fd = openQuietly(path);
    this.size = fstatSync(this.#fd).size;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Fewer bytes when the file ends first. */
  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    const got = bytes.length === 0 ? 0 : readSync(this.#fd, bytes, 0, bytes.length, offset);
    return got === bytes.length ? bytes : bytes.subarray(0, got);
  }

  /** @throws ProtocolError `clip-file/head`. */
  head(crypto: Crypto): ClipHead & { readonly length: number } {
    return decodeClipHead(crypto, this.read(0, clipHeadLength(MAX_WRAPS)));
  }

  leaf(place: RecordPlace): LeafData {
    return decodeLeaf(this.read(place.offset, LEAF_BYTES));
  }

  content(place: RecordPlace): Uint8Array {
    return this.read(place.offset + LEAF_BYTES, place.length);
  }

  /**
   * Walks the records behind the head and stops before the first that no vault writes: an impossible lane or length, an
   * index out of turn, or one that the file is too short for. Contents are neither read nor judged.
   */
  *records(from: number): Generator<RecordPlace> {
    const next = new Uint32Array(LANES_AND_CLOSING);
    let offset = from;
    while (offset + LEAF_BYTES <= this.size) {
      const place = this.#recordAt(offset);
      const end = offset + LEAF_BYTES + place.length;
      if (place.lane >= LANES_AND_CLOSING || place.index !== next[place.lane] || end > this.size) return;
      const isClosing = place.lane === CLOSING_LANE;
      if (place.length > (isClosing ? MAX_STATEMENT_BYTES : MAX_FRAGMENT_BYTES)) return;
      if (!isClosing && (next[CLOSING_LANE] ?? 0) > 0) return;
      yield place;
      if (isClosing && place.index === CLOSING.clipKey) return;
      next[place.lane] = place.index + 1;
      offset = end;
    }
  }

  #recordAt(offset: number): RecordPlace {
    if (offset < this.#windowAt || offset + LEAF_BYTES > this.#windowAt + this.#windowLength) {
      this.#windowLength = readSync(this.#fd, this.#window, 0, READ_AHEAD_BYTES, offset);
      this.#windowAt = offset;
    }
    const at = offset - this.#windowAt;
    return {
      lane: this.#window.readUInt8(at),
      index: this.#window.readUInt32BE(at + 1),
      length: this.#window.readUInt32BE(at + 5),
      offset,
    };
  }
}

/** A whole clip file, each record's content compared with the hash in its leaf. */
export interface ClipScan {
  readonly head: ClipHead & { readonly length: number };
  readonly records: readonly ScannedRecord[];
  readonly manifest: Uint8Array | null;
  readonly clipKey: Uint8Array | null;
  /** End of the last whole record. */
  readonly wholeBytes: number;
  readonly fileBytes: number;
}

export interface ScannedRecord extends RecordPlace {
  readonly leaf: LeafData;
  readonly intact: boolean;
}

/** Lets other work run after every few megabytes. @throws ProtocolError `clip-file/head`; the signal's reason. */
export async function scanClip(crypto: Crypto, file: ClipFile, signal?: AbortSignal): Promise<ClipScan> {
  const head = file.head(crypto);
  const records: ScannedRecord[] = [];
  const closing: (Uint8Array | null)[] = [null, null];
  let wholeBytes = head.length;
  let pauseAt = PAUSE_BYTES;
  for (const place of file.records(head.length)) {
    const content = file.content(place);
    wholeBytes = place.offset + LEAF_BYTES + place.length;
    if (place.lane !== CLOSING_LANE) {
      const leaf = file.leaf(place);
      records.push({ ...place, leaf, intact: isCiphertextOf(crypto, leaf, content) });
    } else if (
      equalBytes(encodeClosingRecord(crypto, place.index, content), file.read(place.offset, LEAF_BYTES + place.length))
    ) {
      closing[place.index] = content;
    }
    if (wholeBytes < pauseAt) continue;
    pauseAt = wholeBytes + PAUSE_BYTES;
    await setImmediate();
    signal?.throwIfAborted();
  }
  const [manifest = null, clipKey = null] = closing;
  return { head, records, manifest, clipKey, wholeBytes, fileBytes: file.size };
}

/** O_NOATIME is for a file's owner and root only; others read with the date they leave. */
function openQuietly(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOATIME);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return openSync(path, "r");
  }
}

/** Boxes of ISO/IEC 14496-12: finding them by path, and making them. */

import { concatBytes, fromUtf8, readU32, u32, utf8 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

export interface Box {
  readonly type: string;
  /** Header and content; shares the memory it was read from. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

const HEADER_BYTES = 8;

export const mp4Error = (message: string): ProtocolError => new ProtocolError("mp4/shape", message);

/** Four characters, as ASCII; anything else is no box that is looked for here. */
const typeOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The boxes that lie one after another in these bytes. 64-bit sizes are not used for anything that fits in RAM. */
export function boxes(bytes: Uint8Array): Box[] {
  const found: Box[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + HEADER_BYTES > bytes.length) throw mp4Error("box header is cut short");
    const size = readU32(bytes, at);
    if (size < HEADER_BYTES || at + size > bytes.length) throw mp4Error("box of an impossible size");
    found.push({
      type: typeOf(bytes.subarray(at + 4, at + 8)),
      bytes: bytes.subarray(at, at + size),
      content: bytes.subarray(at + HEADER_BYTES, at + size),
    });
    at += size;
  }
  return found;
}

export function makeBox(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, HEADER_BYTES);
  return concatBytes(u32(length), utf8(type), ...content);
}

/** First box on a path of types, or null. */
export function findBox(bytes: Uint8Array, ...path: readonly string[]): Box | null {
  const [type, ...rest] = path;
  for (const box of boxes(bytes)) {
    if (box.type === type) return rest.length === 0 ? box : findBox(box.content, ...rest);
  }
  return null;
}

/** @throws ProtocolError `mp4/shape` when there is none. */
export function needBox(bytes: Uint8Array, ...path: readonly string[]): Box {
  const box = findBox(bytes, ...path);
  if (box === null) throw mp4Error(`no ${path.join("/")} box`);
  return box;
}

/** Reads fields one after another and turns running off the end into the one error. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }

  take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw mp4Error("box is cut short");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  u8 = (): number => this.take(1)[0] ?? 0;
  u32 = (): number => readU32(this.take(4), 0);
  /** Two's complement. */
  i64 = (): number => {
    const value = (this.u32() | 0) * 2 ** 32 + this.u32();
    if (!Number.isSafeInteger(value)) throw mp4Error("number beyond 2^53-1");
    return value;
  };
  text = (count: number): string => fromUtf8(this.take(count));
}

/** Bytes: joining, comparing, numbers (big-endian, as the whole protocol) and text forms, all read strictly. */

import { ProtocolError } from "./errors.ts";

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Compares in time that depends on the lengths only, so that it may compare MACs. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Orders byte strings as unsigned numbers of equal length, shorter first when one begins the other. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** A mistake of the calling code, not of a peer: lengths of foreign bytes are checked where they are parsed. */
export function assertLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`${what} must be ${length} bytes, not ${bytes.length}`);
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function u32(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RangeError(`not a u32: ${value}`);
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value);
  return bytes;
}

/** Eight bytes; JavaScript numbers keep whole numbers exactly up to 2^53-1, so larger ones are refused. */
export function u64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an exact u64: ${value}`);
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @throws RangeError when fewer than four bytes are left. */
export const readU32 = (bytes: Uint8Array, offset: number): number => viewOf(bytes).getUint32(offset);

/** @throws {@link ProtocolError} `bytes/encoding` above 2^53-1; RangeError when fewer than eight bytes are left. */
export function readU64(bytes: Uint8Array, offset: number): number {
  const value = viewOf(bytes).getBigUint64(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ProtocolError("bytes/encoding", "number above 2^53-1");
  return Number(value);
}

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @throws {@link ProtocolError} `bytes/encoding` unless it is lower-case hexadecimal of whole bytes. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new ProtocolError("bytes/encoding", "not lower-case hexadecimal");
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const PADDING = 0x3d;
const COMMON = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const STANDARD = `${COMMON}+/`;
const URL_SAFE = `${COMMON}-_`;
const STANDARD_CODES = encoder.encode(STANDARD);
const URL_SAFE_CODES = encoder.encode(URL_SAFE);

/** The text is made from its characters' codes at once: a text that grows by pieces takes thirty times its size. */
function encodeBase64(bytes: Uint8Array, alphabet: Uint8Array, isPadded: boolean): string {
  const length = isPadded ? Math.ceil(bytes.length / 3) * 4 : Math.ceil((bytes.length * 4) / 3);
  const codes = new Uint8Array(length).fill(PADDING);
  const codeOf = (sixBits: number): number => alphabet[sixBits & 63] ?? PADDING;
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at] = codeOf(group >> 18);
    codes[at + 1] = codeOf(group >> 12);
    if (left > 1) codes[at + 2] = codeOf(group >> 6);
    if (left > 2) codes[at + 3] = codeOf(group);
    at += 4;
  }
  return decoder.decode(codes);
}

const NO_VALUE = 255;
const NOT_SIX_BITS = 0xc0;

/** Each ASCII character's six bits, or {@link NO_VALUE}. */
const valuesOf = (alphabet: string): Uint8Array =>
  Uint8Array.from({ length: 128 }, (_, code) => {
    const value = alphabet.indexOf(String.fromCharCode(code));
    return value < 0 ? NO_VALUE : value;
  });

const STANDARD_VALUES = valuesOf(STANDARD);
const URL_SAFE_VALUES = valuesOf(URL_SAFE);

/**
 * One text for each byte string: spare bits must be zero and no character may be foreign.
 * @param codes - Of the characters, as {@link ascii} gives them.
 * @param length - Without padding.
 */
function decodeBase64(codes: Uint8Array, values: Uint8Array, length = codes.length): Uint8Array {
  if (length % 4 === 1) throw new ProtocolError("bytes/encoding", "base64 of an impossible length");
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let foreign = 0;
  let at = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = values[codes[i] ?? NO_VALUE] ?? NO_VALUE;
    const b = values[codes[i + 1] ?? NO_VALUE] ?? NO_VALUE;
    const c = values[codes[i + 2] ?? NO_VALUE] ?? NO_VALUE;
    const d = values[codes[i + 3] ?? NO_VALUE] ?? NO_VALUE;
    foreign |= a | b | c | d;
    bytes[at] = (a << 2) | (b >> 4);
    bytes[at + 1] = (b << 4) | (c >> 2);
    bytes[at + 2] = (c << 6) | d;
    at += 3;
  }
  let rest = 0;
  for (let left = i; left < length; left += 1) {
    const value = values[codes[left] ?? NO_VALUE] ?? NO_VALUE;
    foreign |= value;
    rest = (rest << 6) | value;
  }
  if ((foreign & NOT_SIX_BITS) !== 0) {
    throw new ProtocolError("bytes/encoding", "character outside the base64 alphabet");
  }
  // Two characters left are one byte and four spare bits; three are two bytes and two spare bits.
  const spare = length - i === 2 ? 4 : length - i === 3 ? 2 : 0;
  if ((rest & ((1 << spare) - 1)) !== 0) throw new ProtocolError("bytes/encoding", "base64 with spare bits set");
  if (spare === 4) bytes[at] = rest >> 4;
  if (spare === 2) {
    bytes[at] = rest >> 10;
    bytes[at + 1] = rest >> 2;
  }
  return bytes;
}

export const toBase64url = (bytes: Uint8Array): string => encodeBase64(bytes, URL_SAFE_CODES, false);

/** Unpadded base64url, as payloads have it. @throws {@link ProtocolError} `bytes/encoding`. */
export const fromBase64url = (text: string): Uint8Array => decodeBase64(ascii(text), URL_SAFE_VALUES);

/** Padded standard base64, as DSSE envelopes are written. */
export const toBase64 = (bytes: Uint8Array): string => encodeBase64(bytes, STANDARD_CODES, true);

/** Padded standard base64 and nothing else: one text for each byte string. @throws {@link ProtocolError} `bytes/encoding`. */
export const fromBase64 = (text: string): Uint8Array => fromBase64Codes(ascii(text));

/** The same, of the characters' codes. @throws {@link ProtocolError} `bytes/encoding`. */
export function fromBase64Codes(codes: Uint8Array): Uint8Array {
  if (codes.length % 4 !== 0) throw new ProtocolError("bytes/encoding", "base64 without its padding");
  return decodeBase64(codes, STANDARD_VALUES, unpaddedLength(codes));
}

function unpaddedLength(codes: Uint8Array): number {
  if (codes.at(-1) !== PADDING) return codes.length;
  return codes.at(-2) === PADDING ? codes.length - 2 : codes.length - 1;
}

/** Either alphabet (not mixed), with whole padding or none, as DSSE readers must. @throws `bytes/encoding`. */
export function fromEitherBase64(text: string): Uint8Array {
  const codes = ascii(text);
  const isUrlSafe = text.includes("-") || text.includes("_");
  const length = codes.length % 4 === 0 ? unpaddedLength(codes) : codes.length;
  return decodeBase64(codes, isUrlSafe ? URL_SAFE_VALUES : STANDARD_VALUES, length);
}

const NOT_ASCII = 255;

/** The codes of a text's characters, 255 for each that is not ASCII. Short texts are made faster than by the engine's encoder. */
export function ascii(text: string): Uint8Array {
  const codes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    codes[i] = code < 128 ? code : NOT_ASCII;
  }
  return codes;
}

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** @throws {@link ProtocolError} `bytes/encoding` on invalid UTF-8; a byte order mark is a character like others. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ProtocolError("bytes/encoding", "invalid UTF-8", { cause });
  }
}

/** Overwrites a secret that is no longer needed (best effort: the engine may hold copies). */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

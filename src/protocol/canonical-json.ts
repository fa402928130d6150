/**
 * RFC 8785 JSON, narrowed: integers only, no lone surrogates, bounded depth. One value has one text, so the reader
 * refuses what is not it: doubled members, white space, `-0`, `1.0` and other spellings all differ.
 */

import { fromUtf8, utf8 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

/** Deeper than any statement; keeps a hostile text from exhausting the stack. */
export const MAX_JSON_DEPTH = 16;

const bad = (message: string, cause?: unknown): ProtocolError => new ProtocolError("json/encoding", message, { cause });

/** With the `u` flag a surrogate matches only when it stands alone; re-encoding would let it pass as an escape. */
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

const escaped = (text: string): string => {
  if (LONE_SURROGATE.test(text)) throw bad("string with a lone surrogate");
  return JSON.stringify(text);
};

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function write(value: Json, depth: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return escaped(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw bad("number that is not an integer within 2^53-1");
    return String(value);
  }
  if (typeof value !== "object") throw bad(`a ${typeof value} is not JSON`);
  if (depth >= MAX_JSON_DEPTH) throw bad("nested too deeply");
  if (isList(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  // Default order compares UTF-16 units, which is what RFC 8785 asks.
  const names = Object.keys(value).toSorted();
  let members = "";
  for (const name of names) {
    members += `${members === "" ? "" : ","}${escaped(name)}:${write(value[name] as Json, depth + 1)}`;
  }
  return `{${members}}`;
}

/** @throws {@link ProtocolError} `json/encoding` for what the protocol's JSON cannot carry. */
export const encodeJson = (value: Json): Uint8Array => utf8(write(value, 0));

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const [ZERO, NINE] = [0x30, 0x39];
const [LIST, END_OF_LIST] = [0x5b, 0x5d];
const [OBJECT, END_OF_OBJECT] = [0x7b, 0x7d];
/** Fewer digits than this are never above 2^53-1. */
const LARGE_NUMBER_DIGITS = 16;
const NOT_CANONICAL = -1;

/**
 * Where the value at a place ends, or {@link NOT_CANONICAL}. Writing it again and comparing says the same and costs a second text.
 * @param text - Valid JSON without a backslash, so that a string ends at the next quote.
 */
function endOfValue(text: string, at: number, depth: number): number {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return text.indexOf('"', at + 1) + 1;
    case OBJECT:
      return depth >= MAX_JSON_DEPTH ? NOT_CANONICAL : endOfObject(text, at + 1, depth + 1);
    case LIST:
      return depth >= MAX_JSON_DEPTH ? NOT_CANONICAL : endOfList(text, at + 1, depth + 1);
    case 0x66: // false
      return at + 5;
    case 0x6e: // null
    case 0x74: // true
      return at + 4;
    default:
      return endOfInteger(text, at);
  }
}

function endOfObject(text: string, first: number, depth: number): number {
  if (text.charCodeAt(first) === END_OF_OBJECT) return first + 1;
  let previous: string | null = null;
  for (let at = first; text.charCodeAt(at) === QUOTE; at += 1) {
    const endOfName = text.indexOf('"', at + 1);
    const name = text.slice(at + 1, endOfName);
    // Strings compare by UTF-16 units, as RFC 8785 asks; a doubled name is no larger either.
    if (previous !== null && name <= previous) return NOT_CANONICAL;
    previous = name;
    if (text.charCodeAt(endOfName + 1) !== COLON) return NOT_CANONICAL;
    at = endOfValue(text, endOfName + 2, depth);
    if (at === NOT_CANONICAL) return NOT_CANONICAL;
    if (text.charCodeAt(at) === END_OF_OBJECT) return at + 1;
    if (text.charCodeAt(at) !== COMMA) return NOT_CANONICAL;
  }
  return NOT_CANONICAL;
}

function endOfList(text: string, first: number, depth: number): number {
  if (text.charCodeAt(first) === END_OF_LIST) return first + 1;
  for (let at = first; ; at += 1) {
    at = endOfValue(text, at, depth);
    if (at === NOT_CANONICAL) return NOT_CANONICAL;
    if (text.charCodeAt(at) === END_OF_LIST) return at + 1;
    if (text.charCodeAt(at) !== COMMA) return NOT_CANONICAL;
  }
}

function endOfInteger(text: string, at: number): number {
  const first = text.charCodeAt(at) === MINUS ? at + 1 : at;
  let end = first;
  while (text.charCodeAt(end) >= ZERO && text.charCodeAt(end) <= NINE) end += 1;
  if (end === first) return NOT_CANONICAL;
  if (first > at && text.charCodeAt(first) === ZERO) return NOT_CANONICAL;
  if (end - first >= LARGE_NUMBER_DIGITS && !Number.isSafeInteger(Number(text.slice(at, end)))) return NOT_CANONICAL;
  return end;
}

/** UTF-8 carries no lone surrogate and JSON no bare control character: without an escape all strings stand as they are. */
const isCanonical = (text: string, value: Json): boolean =>
  text.includes("\\") ? write(value, 0) === text : endOfValue(text, 0, 0) === text.length;

/** @throws {@link ProtocolError} `json/encoding` unless the bytes are the one canonical text of a value. */
export function decodeJson(bytes: Uint8Array): Json {
  let text: string;
  let value: Json;
  try {
    text = fromUtf8(bytes);
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw bad("not JSON", cause);
  }
  if (!isCanonical(text, value)) throw bad("JSON that is not in canonical form");
  return value;
}

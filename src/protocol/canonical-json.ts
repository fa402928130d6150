/**
 * RFC 8785 JSON, narrowed: integers only, no lone surrogates, bounded depth. One value has one text, so the reader
 * re-encodes what it read and compares: doubled members, white space, `-0`, `1.0` and other spellings all differ.
 */

import { fromUtf8, utf8 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

/** Deeper than any statement; keeps a hostile text from exhausting the stack. */
export const MAX_JSON_DEPTH = 16;

const bad = (message: string, cause?: unknown): ProtocolError => new ProtocolError("json/encoding", message, { cause });

/** With the `u` flag a surrogate matches only when it stands alone; re-encoding would let it pass as an escape. */
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;

type TextWriter = (text: string) => string;

const escaped: TextWriter = (text) => {
  if (LONE_SURROGATE.test(text)) throw bad("string with a lone surrogate");
  return JSON.stringify(text);
};

/** For strings that came from a text without a backslash: nothing in them needs one. */
const asItStands: TextWriter = (text) => `"${text}"`;

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function write(value: Json, depth: number, textOf: TextWriter): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return textOf(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw bad("number that is not an integer within 2^53-1");
    return String(value);
  }
  if (typeof value !== "object") throw bad(`a ${typeof value} is not JSON`);
  if (depth >= MAX_JSON_DEPTH) throw bad("nested too deeply");
  if (isList(value)) return `[${value.map((item) => write(item, depth + 1, textOf)).join(",")}]`;
  // Default order compares UTF-16 units, which is what RFC 8785 asks.
  const names = Object.keys(value).toSorted();
  let members = "";
  for (const name of names) {
    members += `${members === "" ? "" : ","}${textOf(name)}:${write(value[name] as Json, depth + 1, textOf)}`;
  }
  return `{${members}}`;
}

/** @throws {@link ProtocolError} `json/encoding` for what the protocol's JSON cannot carry. */
export const encodeJson = (value: Json): Uint8Array => utf8(write(value, 0, escaped));

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
  // UTF-8 carries no lone surrogate and JSON no bare control character: without an escape all strings stand as they are.
  const canonical = write(value, 0, text.includes("\\") ? escaped : asItStands);
  if (canonical !== text) throw bad("JSON that is not in canonical form");
  return value;
}

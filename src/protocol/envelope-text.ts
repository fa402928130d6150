/**
 * An envelope's text as every writer of ours makes it, taken apart without a parser: nearly all of it is one base64 text, which a
 * parser would first make a string of. Whatever stands otherwise is left to the parser, whether it is good or not.
 */

import { ascii, fromBase64Codes } from "./bytes.ts";
import type { Envelope } from "./envelope.ts";
import { ProtocolError } from "./errors.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [ZERO, NINE] = [0x30, 0x39];
/** All of them are exact numbers. */
const MOST_DIGITS = 15;

/** Goes through bytes that have to be a fixed text with values in between. */
export class TextWalk {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Whether this comes next; goes on after it. */
  passes(text: Uint8Array): boolean {
    for (let i = 0; i < text.length; i += 1) if (this.#bytes[this.#at + i] !== text[i]) return false;
    this.#at += text.length;
    return true;
  }

  /** All up to the next quote, which may be nothing; null where there is none. */
  untilQuote(): Uint8Array | null {
    const end = this.#bytes.indexOf(QUOTE, this.#at);
    if (end < 0) return null;
    const value = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return value;
  }

  /** A whole number as canonical JSON writes it; null for what is none, or so large that the parser has to decide. */
  wholeNumber(): number | null {
    const first = this.#at;
    let value = 0;
    for (; this.#isDigit(this.#at); this.#at += 1) value = value * 10 + (this.#bytes[this.#at] ?? 0) - ZERO;
    const digits = this.#at - first;
    if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && this.#bytes[first] === ZERO)) return null;
    return value;
  }

  #isDigit(at: number): boolean {
    const code = this.#bytes[at] ?? 0;
    return code >= ZERO && code <= NINE;
  }
}

const MAX_KEYID = 64;
const MAX_SIGNATURE_TEXT = 128;

const BEFORE_PAYLOAD = ascii('{"payload":"');
const BEFORE_KEYID = ascii('","signatures":[{"keyid":"');
const BEFORE_SIGNATURE = ascii('","sig":"');
const AFTER_SIGNATURE = ascii('"}]}');

/**
 * Reads an envelope at the walk's place. Proves form only, as the parser does.
 * @param payloadType - The one that is expected.
 * @param typeText - `","payloadType":"` and the type, in ASCII.
 * @returns Null unless it is canonical JSON with this type, in padded standard base64 and with a key id of plain ASCII.
 */
export function walkEnvelope(walk: TextWalk, payloadType: string, typeText: Uint8Array): Envelope | null {
  const payload = walk.passes(BEFORE_PAYLOAD) ? walk.untilQuote() : null;
  if (payload === null || !walk.passes(typeText)) return null;
  const keyid = walk.passes(BEFORE_KEYID) ? walk.untilQuote() : null;
  if (keyid === null || keyid.length > MAX_KEYID || !keyid.every(isPlain)) return null;
  const signature = walk.passes(BEFORE_SIGNATURE) ? walk.untilQuote() : null;
  if (signature === null || signature.length > MAX_SIGNATURE_TEXT || !walk.passes(AFTER_SIGNATURE)) return null;
  try {
    return {
      payload: fromBase64Codes(payload),
      payloadType,
      keyid: String.fromCharCode(...keyid),
      signature: fromBase64Codes(signature),
    };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

const isPlain = (code: number): boolean => code >= 0x20 && code < 0x7f && code !== BACKSLASH;

/**
 * How a member's browser shows the device's web server whose it is: a session id that the device gave over the link, and
 * a MAC, under a key of the pair, over this session and this one path. A token that somebody sees opens nothing else,
 * and that only until the session ends.
 */

import { concatBytes, equalBytes, fromBase64url, toBase64url, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";

const SESSION_BYTES = 16;
const MAC_BYTES = 32;
const SCHEME = "Doorward ";

export interface WebToken {
  readonly session: Uint8Array;
  readonly mac: Uint8Array;
}

/** @param toDeviceKey - Of the pair's link. */
export function webKey(crypto: Crypto, toDeviceKey: Uint8Array): Uint8Array {
  return crypto.hkdf(toDeviceKey, new Uint8Array(), utf8("doorward/v1/web-key\0"), 32);
}

function macOf(crypto: Crypto, key: Uint8Array, session: Uint8Array, path: string): Uint8Array {
  return crypto.hmac(key, session, utf8(`GET ${path}`));
}

/** The `Authorization` header of a GET of this path (with its query, if any). */
export function webAuthorization(crypto: Crypto, key: Uint8Array, session: Uint8Array, path: string): string {
  return SCHEME + toBase64url(concatBytes(session, macOf(crypto, key, session, path)));
}

/** Null for anything of another form; proves nothing. */
export function readWebAuthorization(header: string | undefined): WebToken | null {
  if (header === undefined || !header.startsWith(SCHEME) || header.length > 100) return null;
  try {
    const bytes = fromBase64url(header.slice(SCHEME.length));
    if (bytes.length !== SESSION_BYTES + MAC_BYTES) return null;
    return { session: bytes.slice(0, SESSION_BYTES), mac: bytes.slice(SESSION_BYTES) };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Compares MACs of MACs, so that how long it takes tells nothing. */
export function isWebToken(crypto: Crypto, key: Uint8Array, { session, mac }: WebToken, path: string): boolean {
  const wanted = macOf(crypto, key, session, path);
  return equalBytes(crypto.hmac(session, wanted), crypto.hmac(session, mac));
}

import { utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

/** Names of the protocol's own hashes; each keeps its input apart from every other's. */
export type HashLabel =
  | "audit"
  | "clip-head"
  | "grant"
  | "inbox"
  | "key-commitment"
  | "key-id"
  | "pairing"
  | "pairing-topic"
  | "purpose";

/** `SHA-256("doorward/v1/" label 00 parts)`. Every part must be of fixed length or last, or inputs could collide. */
export function ownHash(crypto: Crypto, label: HashLabel, ...parts: readonly Uint8Array[]): Uint8Array {
  return crypto.sha256(utf8(`doorward/v1/${label}\0`), ...parts);
}

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

/**
 * SHA-256 of each message's parts one after another. All are put into one memory, since engines give many
 * small ones back late; nobody wipes it, so none may be secret.
 */
export function hashEach(crypto: Crypto, messages: readonly (readonly Uint8Array[])[]): Promise<readonly Uint8Array[]> {
  const lengths = messages.map((parts) => parts.reduce((sum, part) => sum + part.length, 0));
  const memory = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  const joined = messages.map((parts) => {
    const start = at;
    for (const part of parts) {
      memory.set(part, at);
      at += part.length;
    }
    return memory.subarray(start, at);
  });
  return crypto.sha256Each(joined);
}

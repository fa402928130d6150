import { createCipheriv, createHash } from "node:crypto";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";

/** ONLY FOR TESTS: thousands of apps verify the same statements; each signature is verified once for all of them. */
export function sharedVerifying(crypto: Crypto): Crypto {
  const known = new Map<string, boolean>();
  return {
    ...crypto,
    verify(publicKey, message, signature) {
      const name = Buffer.concat([publicKey, signature, message]).toString("latin1");
      const verdict = known.get(name) ?? crypto.verify(publicKey, message, signature);
      known.set(name, verdict);
      return verdict;
    },
  };
}

/**
 * ONLY FOR TESTS: keys that anybody can make again. Each actor has a stream of its own, so that one who draws more bytes does not
 * change what another draws.
 */
export function seededCrypto(seed: number, actor: string): Crypto {
  const key = createHash("sha256").update(`${seed} ${actor}`).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  return { ...nodeCrypto, randomBytes: (length) => new Uint8Array(stream.update(Buffer.alloc(length))) };
}

import { concatBytes, u32, utf8 } from "../../../src/protocol/bytes.ts";
import type { Crypto } from "../../../src/protocol/crypto.ts";

/** ONLY FOR TESTS AND VECTORS: randomness that is the same in every run, `SHA-256(seed counter)` block by block. */
export function withSeededRandomness(crypto: Crypto, seed: string): Crypto {
  let counter = 0;
  return {
    ...crypto,
    randomBytes(length) {
      const blocks: Uint8Array[] = [];
      for (let have = 0; have < length; have += 32) {
        blocks.push(crypto.sha256(utf8(seed), u32(counter)));
        counter += 1;
      }
      return concatBytes(...blocks).slice(0, length);
    },
  };
}

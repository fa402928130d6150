/**
 * Builds one secretbox that opens under two keys. Poly1305 is a polynomial that the tag's keys evaluate; with one
 * 16-byte block left free, both evaluations can be made to give one tag (tags lose the bits above 2^128, hence tries).
 */

import { createRequire } from "node:module";
import type * as Sodium from "sodium-native";

const sodium = createRequire(import.meta.url)("sodium-native") as typeof Sodium;

const PRIME = 2n ** 130n - 5n;
const TWO_128 = 2n ** 128n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let left = exponent, square = mod(base, PRIME); left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

const little = (bytes: Uint8Array): bigint => bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

const bytes16 = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 16 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

interface TagKey {
  readonly r: bigint;
  readonly s: bigint;
}

function tagKey(key: Uint8Array, nonce: Uint8Array): TagKey {
  const stream = Buffer.alloc(32);
  sodium.crypto_stream(stream, Buffer.from(nonce), Buffer.from(key));
  return { r: little(stream.subarray(0, 16)) & CLAMP, s: little(stream.subarray(16)) };
}

function evaluate(blocks: readonly bigint[], r: bigint): bigint {
  return blocks.reduce((sum, block) => mod((sum + block + TWO_128) * r, PRIME), 0n);
}

/** Three blocks: a counter, the free one, and zeros. Returns tag and ciphertext, as a secretbox has them. */
export function twoKeySecretbox(firstKey: Uint8Array, secondKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  const [one, two] = [tagKey(firstKey, nonce), tagKey(secondKey, nonce)];
  const weight = mod(one.r ** 2n - two.r ** 2n, PRIME);
  const inverse = power(weight, PRIME - 2n);
  for (let counter = 0n; counter < 1_000n; counter += 1n) {
    const base = evaluate([counter, 0n, 0n], one.r) - evaluate([counter, 0n, 0n], two.r);
    for (let carry = -4n; carry <= 4n; carry += 1n) {
      const free = mod((two.s - one.s + carry * TWO_128 - base) * inverse, PRIME);
      if (free >= TWO_128) continue;
      const tags = [one, two].map(({ r, s }) => mod(evaluate([counter, free, 0n], r) + s, TWO_128));
      const [tag] = tags;
      if (tag !== undefined && tag === tags[1]) {
        return Uint8Array.from([...bytes16(tag), ...bytes16(counter), ...bytes16(free), ...bytes16(0n)]);
      }
    }
  }
  throw new Error("no common tag found");
}

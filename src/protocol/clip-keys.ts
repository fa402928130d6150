/** Fragment keys: one ratchet per lane out of the clip's seed, so that a key at hand tells nothing of earlier ones. */

import { assertLength, concatBytes, u32, utf8, wipe } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { ownHash } from "./hash.ts";

export const LANES = { video: 1, audio: 2, thumbnail: 3, meta: 4 } as const;
export type LaneName = keyof typeof LANES;
export type Lane = (typeof LANES)[LaneName];

export const isLane = (value: number): value is Lane => Number.isInteger(value) && value >= 1 && value <= 4;

const LANE = utf8("lane");
const FRAGMENT = utf8("fragment");
const NEXT = utf8("next");

export interface FragmentKey {
  readonly index: number;
  readonly key: Uint8Array;
}

/** Gives a lane's keys in order and overwrites each chain key as soon as the next is made. */
export class LaneRatchet {
  readonly #crypto: Crypto;
  readonly #chain: Uint8Array;
  #index = 0;

  /** @param seed - Read here only; the caller wipes it once all lanes have their ratchet. */
  constructor(crypto: Crypto, seed: Uint8Array, lane: Lane) {
    assertLength(seed, 32, "clip seed");
    this.#crypto = crypto;
    this.#chain = crypto.hmac(seed, LANE, Uint8Array.of(lane));
  }

  /** The key is the caller's to wipe. */
  next(): FragmentKey {
    const key = this.#crypto.hmac(this.#chain, FRAGMENT);
    const next = this.#crypto.hmac(this.#chain, NEXT);
    this.#chain.set(next);
    wipe(next);
    const index = this.#index;
    this.#index += 1;
    return { index, key };
  }

  /** After this the ratchet gives keys of no clip: drop it. */
  wipe(): void {
    wipe(this.#chain);
  }
}

/** Keys 0 to count-1 of a lane, for who holds the seed. */
export function fragmentKeys(crypto: Crypto, seed: Uint8Array, lane: Lane, count: number): Uint8Array[] {
  const ratchet = new LaneRatchet(crypto, seed, lane);
  const keys = Array.from({ length: count }, () => ratchet.next().key);
  ratchet.wipe();
  return keys;
}

/** `clip id 16 · lane 1 · index 4 · 000`: unique, because each fragment also has its own key. */
export function fragmentNonce(clip: Uint8Array, lane: number, index: number): Uint8Array {
  assertLength(clip, 16, "clip id");
  return concatBytes(clip, Uint8Array.of(lane), u32(index), new Uint8Array(3));
}

/** What stands in the signed leaf for the key, since a secretbox can be built that opens under two keys. */
export function keyCommitment(crypto: Crypto, fragmentKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  assertLength(fragmentKey, 32, "fragment key");
  assertLength(nonce, 24, "nonce");
  return ownHash(crypto, "key-commitment", fragmentKey, nonce);
}

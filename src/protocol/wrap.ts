/** A clip's seed, wrapped for one member's key of the day. */

import { assertLength, concatBytes, readU32, u32 } from "./bytes.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { openSealed, sealTo } from "./sealed-message.ts";

export const WRAP_BYTES = 84;

export interface Wrap {
  /** Day of the member's key: may lie after the clip's own day. */
  readonly day: number;
  readonly sealedSeed: Uint8Array;
}

/** `day 4 · ephemeral public key 32 · box(seed) 48` */
export function wrapSeed(crypto: Crypto, day: number, dayPublicKey: Uint8Array, seed: Uint8Array): Uint8Array {
  assertLength(seed, 32, "clip seed");
  return concatBytes(u32(day), sealTo(crypto, dayPublicKey, seed));
}

/** @throws {@link ProtocolError} `wrap/shape`. */
export function parseWrap(wrap: Uint8Array): Wrap {
  if (wrap.length !== WRAP_BYTES) throw new ProtocolError("wrap/shape", `wrap of ${wrap.length} bytes`);
  return { day: readU32(wrap, 0), sealedSeed: wrap.subarray(4) };
}

/** The clip's seed, or null when the wrap is for another key. @throws {@link ProtocolError} `wrap/shape`. */
export function openWrap(crypto: Crypto, wrap: Uint8Array, dayBoxKey: BoxKeyPair): Uint8Array | null {
  return openSealed(crypto, dayBoxKey, parseWrap(wrap).sealedSeed);
}

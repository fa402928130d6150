import { utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

const CLIP_KEY = utf8("clip-key");

/** Seed of a clip's own Ed25519 key: the device can sign for the clip at any time, and for nobody is it linked. */
export function clipSigningSeed(crypto: Crypto, deviceSeed: Uint8Array, clip: Uint8Array): Uint8Array {
  return crypto.hmac(deviceSeed, CLIP_KEY, clip);
}

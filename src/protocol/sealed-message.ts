/** Sealing to a public key: a fresh key pair for each message, so that the nonce can be zero. */

import { concatBytes, wipe } from "./bytes.ts";
import { BOX_OVERHEAD_BYTES, type BoxKeyPair, type Crypto } from "./crypto.ts";
import { ephemeralBoxKey } from "./ephemeral-key.ts";

const ZERO_NONCE = new Uint8Array(24);

/** A sealed message is this much longer than what it holds. */
export const SEAL_OVERHEAD_BYTES = 32 + BOX_OVERHEAD_BYTES;

/** `ephemeral public key 32 · box`. @throws ProtocolError `key/weak`. */
export function sealTo(crypto: Crypto, boxPublic: Uint8Array, plain: Uint8Array): Uint8Array {
  const ephemeral = ephemeralBoxKey(crypto);
  const sealed = concatBytes(ephemeral.publicKey, crypto.box(plain, ZERO_NONCE, boxPublic, ephemeral.secretKey));
  // Whoever has this secret and the receiver's public key opens the message.
  wipe(ephemeral.secretKey);
  return sealed;
}

/** Null for anything that was not sealed to this key. Proves nothing about the sender. */
export function openSealed(crypto: Crypto, keyPair: BoxKeyPair, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < SEAL_OVERHEAD_BYTES) return null;
  return crypto.openBox(sealed.subarray(32), ZERO_NONCE, sealed.subarray(0, 32), keyPair.secretKey);
}

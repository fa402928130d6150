/** Strict Ed25519 for anyone who holds bytes from outside: an answer for every input, never a throw. */

import { portableCrypto } from "./portable-crypto.ts";

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;

/** True for a canonically encoded Ed25519 key that is neither of small order nor has torsion. */
export function checkPublicKey(publicKey: Uint8Array): boolean {
  try {
    return isBytes(publicKey) && portableCrypto.checkPublicKey(publicKey);
  } catch {
    return false;
  }
}

/** True when the key passes {@link checkPublicKey} and the signature, with S < L, is its own over the message. */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return (
      isBytes(message) &&
      isBytes(signature) &&
      checkPublicKey(publicKey) &&
      portableCrypto.verify(publicKey, message, signature)
    );
  } catch {
    return false;
  }
}

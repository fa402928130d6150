/** What a household's recovery words stand for: 16 bytes, from which a key that claims and a key that opens follow. */

import { assertLength, utf8 } from "./bytes.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { type Signer, seedSigner } from "./envelope.ts";

export const RECOVERY_ENTROPY_BYTES = 16;
/** From a claim to its effect. Any owner can end it meanwhile. */
export const RECOVERY_WAIT_MS = 72 * 3_600_000;

export interface RecoveryKeys {
  readonly signer: Signer;
  /** Days of footage are sealed to it, where an owner wants that. */
  readonly box: BoxKeyPair;
}

/** @param entropy - 16 bytes: what the twelve words of BIP 39 encode. */
export function recoveryKeys(crypto: Crypto, entropy: Uint8Array): RecoveryKeys {
  assertLength(entropy, RECOVERY_ENTROPY_BYTES, "recovery entropy");
  const derive = (purpose: string): Uint8Array =>
    crypto.hkdf(entropy, new Uint8Array(), utf8(`doorward/v1/recovery-${purpose}\0`), 32);
  return { signer: seedSigner(crypto, derive("key")), box: crypto.boxKeyFromSecret(derive("box")) };
}

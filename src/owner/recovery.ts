import { concatBytes, fromBase64url, readU32, toBase64url, u32 } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { decodePayload, type Signer, signPayload, signStatement } from "../protocol/envelope.ts";
import { recoveryKeys } from "../protocol/recovery-keys.ts";
import { openSealed, sealTo } from "../protocol/sealed-message.ts";
import { type Recovery, recoveryStatement } from "../protocol/statements/recovery.ts";
import { recoveryClaimStatement } from "../protocol/statements/recovery-claim.ts";
import type { DayChainState } from "./owner-state.ts";

export interface RecoveryWish {
  readonly device: Uint8Array;
  /** Version of the household as it is now. */
  readonly household: number;
  /** 16 bytes, the recovery words; null takes the words back. */
  readonly entropy: Uint8Array | null;
}

/** An owner's signature over the recovery key; as many as the quorum says make it count. */
export function signRecovery(
  crypto: Crypto,
  signer: Signer,
  { device, household, entropy }: RecoveryWish,
): Promise<Uint8Array> {
  const key = entropy === null ? null : recoveryKeys(crypto, entropy).signer.publicKey;
  return signStatement(crypto, recoveryStatement, { device, household, key }, signer);
}

/** What other owners' words would be good for. @throws ProtocolError `statement/…`. */
export function readRecoveryProposal(payload: Uint8Array): Recovery {
  return decodePayload(recoveryStatement, payload);
}

/** Adds this owner's signature to words that another one made, or would take back. */
export function coSignRecovery(crypto: Crypto, signer: Signer, payload: Uint8Array): Promise<Uint8Array> {
  return signPayload(crypto, recoveryStatement, payload, signer);
}

/**
 * The chain of days for whoever holds the words, kept by the doorbell. It opens every day from `firstDay` on for as long
 * as it lies there: footage that this phone has forgotten meanwhile too.
 */
export function sealDays(crypto: Crypto, entropy: Uint8Array, days: DayChainState): Uint8Array {
  const plain = concatBytes(u32(days.firstDay), fromBase64url(days.secret));
  return sealTo(crypto, recoveryKeys(crypto, entropy).box.publicKey, plain);
}

/** Null when these words do not open it. The new phone takes the chain over as its own and uploads its keys. */
export function openSealedDays(crypto: Crypto, entropy: Uint8Array, sealed: Uint8Array): DayChainState | null {
  const plain = openSealed(crypto, recoveryKeys(crypto, entropy).box, sealed);
  if (plain === null || plain.length !== 36) return null;
  return { firstDay: readU32(plain, 0), secret: toBase64url(plain.slice(4)), uploadedThrough: null };
}

/** The words' claim to the household for this phone, which has paired and waits. */
export function signRecoveryClaim(
  crypto: Crypto,
  entropy: Uint8Array,
  claim: { readonly device: Uint8Array; readonly member: Uint8Array },
): Promise<Uint8Array> {
  return signStatement(crypto, recoveryClaimStatement, claim, recoveryKeys(crypto, entropy).signer);
}

import type { Crypto } from "../../protocol/crypto.ts";
import { keyId, readStatement } from "../../protocol/envelope.ts";
import { type Consent, consentStatement } from "../../protocol/statements/consent.ts";
import { recipientCardStatement } from "../../protocol/statements/recipient-card.ts";
import type { CheckedConsent } from "./decide.ts";
import type { ConsentClock, HouseholdView } from "./ports.ts";

/** What both stores keep of a consent that passed every check. */
export interface StoredConsent {
  readonly envelopes: readonly Uint8Array[];
  readonly card: Uint8Array;
}

/** @throws ProtocolError when the bytes are not what `decide` let in: the store was tampered with. */
export function readStored(crypto: Crypto, { envelopes, card }: StoredConsent): CheckedConsent {
  const [first] = envelopes;
  if (first === undefined) throw new TypeError("stored consent without an envelope");
  const { payload: consent, digest } = readStatement(crypto, consentStatement, first);
  return { consent, digest, card: readStatement(crypto, recipientCardStatement, card).payload, envelopes };
}

/** The keys that signed, or null unless each envelope carries a good signature of somebody who is an owner now. */
export function ownersWhoSigned(
  crypto: Crypto,
  envelopes: readonly Uint8Array[],
  household: HouseholdView,
): readonly Uint8Array[] | null {
  const signers: Uint8Array[] = [];
  for (const envelope of envelopes) {
    const { keyid, message, signature } = readStatement(crypto, consentStatement, envelope);
    const signer = household.members.find(({ signKey }) => keyId(crypto, signKey) === keyid);
    if (signer?.role !== "owner" || !crypto.verify(signer.signKey, message, signature)) return null;
    signers.push(signer.signKey);
  }
  return signers;
}

/** False also while the clock is not set: it may be wrong in either direction. */
export function hasExpired({ expires }: Consent, clock: Pick<ConsentClock, "nowMs" | "synced">): boolean {
  return clock.synced() && expires <= clock.nowMs() / 1000;
}

import { Clearance } from "../../src/device/consent/clearance.ts";
import type { ConsentSubmission } from "../../src/device/consent/ports.ts";
import { readStored } from "../../src/device/consent/stored-consent.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";

/** ONLY FOR TESTS: a clearance without undo window, audit row and ledger. */
export function clearanceFor(
  crypto: Crypto,
  { consent: envelope, card: cardEnvelope, grant, facts }: ConsentSubmission,
  objection: () => "revoked" | "void" | null = () => null,
): Clearance {
  const { consent, digest, card } = readStored(crypto, { envelopes: [envelope], card: cardEnvelope });
  return Clearance.ofVerified({ token: consent.token, consent, consentDigest: digest, card, grant, facts, objection });
}

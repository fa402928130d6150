import type { Crypto } from "../protocol/crypto.ts";
import { decodePayload, type Signer, signPayload, signStatement } from "../protocol/envelope.ts";
import { type MemberChange, memberStatement } from "../protocol/statements/member.ts";

/** Signs a change of the household. It counts once `quorum` owners have signed the same payload. */
export function signHouseholdChange(crypto: Crypto, signer: Signer, change: MemberChange): Promise<Uint8Array> {
  return signStatement(crypto, memberStatement, change, signer);
}

/** What a proposed change says. @throws ProtocolError `statement/…`. */
export function readHouseholdProposal(payload: Uint8Array): MemberChange {
  return decodePayload(memberStatement, payload);
}

/** Adds this owner's signature to a change that another one proposed. */
export function coSignHouseholdChange(crypto: Crypto, signer: Signer, payload: Uint8Array): Promise<Uint8Array> {
  return signPayload(crypto, memberStatement, payload, signer);
}

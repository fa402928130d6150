import { equalBytes, toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { openStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { type MemberChange, memberStatement } from "../../protocol/statements/member.ts";
import type { LinkErrorCode } from "./errors.ts";
import type { StoredHousehold } from "./household-file.ts";

/** A change that some owners have signed; `payload` is what the others have to sign, byte for byte. */
export interface ChangeProposal {
  readonly payload: Uint8Array;
  readonly change: MemberChange;
  readonly signers: readonly Uint8Array[];
}

export type ChangeOutcome =
  | { readonly outcome: "applied"; readonly change: MemberChange; readonly household: StoredHousehold }
  | { readonly outcome: "waiting"; readonly missing: number }
  | { readonly outcome: "rejected"; readonly code: LinkErrorCode | ProtocolError["code"] };

/** Begun by one owner. One who lacks the quorum must not be able to push out what others have begun. */
const MAX_WAITING_OF_ONE = 2;

/** Collects owners' signatures over changes of the household and says when one may be applied. */
export class HouseholdChanges {
  readonly #crypto: Crypto;
  readonly #deviceKey: Uint8Array;
  readonly #waiting = new Map<string, ChangeProposal>();

  constructor(crypto: Crypto, deviceKey: Uint8Array) {
    this.#crypto = crypto;
    this.#deviceKey = deviceKey;
  }

  waiting(): readonly ChangeProposal[] {
    return [...this.#waiting.values()];
  }

  /** Signatures count for one state of the household only. */
  forget(): void {
    this.#waiting.clear();
  }

  /** Every byte of `envelope` is the sender's until its signature has been checked against the owners of `household`. */
  add(envelope: Uint8Array, household: StoredHousehold): ChangeOutcome {
    const owners = household.members.filter(({ role }) => role === "owner").map(({ signKey }) => signKey);
    try {
      const { payload, payloadBytes, digest, signer } = openStatement(this.#crypto, memberStatement, envelope, owners);
      const problem = this.#problemOf(payload, household);
      if (problem !== null) return { outcome: "rejected", code: problem };
      const id = toHex(digest);
      const before = this.#waiting.get(id)?.signers ?? [];
      const signers = before.some((key) => equalBytes(key, signer)) ? before : [...before, signer];
      if (signers.length >= household.quorum) {
        return { outcome: "applied", change: payload, household: applyChange(payload, household) };
      }
      this.#waiting.set(id, { payload: payloadBytes, change: payload, signers });
      this.#dropOldestOf(signers[0] ?? signer);
      return { outcome: "waiting", missing: household.quorum - signers.length };
    } catch (error) {
      if (error instanceof ProtocolError) return { outcome: "rejected", code: error.code };
      throw error;
    }
  }

  #dropOldestOf(beginner: Uint8Array): void {
    const begun = [...this.#waiting].filter(
      ([
        ,
        {
          signers: [first],
        },
      ]) => first && equalBytes(first, beginner),
    );
    const [oldest] = begun;
    if (begun.length > MAX_WAITING_OF_ONE && oldest !== undefined) this.#waiting.delete(oldest[0]);
  }

  #problemOf(change: MemberChange, household: StoredHousehold): LinkErrorCode | null {
    if (!equalBytes(change.device, this.#deviceKey) || change.state !== household.state + 1) return "link/stale-change";
    if (!household.members.some(({ signKey }) => equalBytes(signKey, change.member))) return "link/unknown-member";
    const owners = applyChange(change, household).members.filter(({ role }) => role === "owner").length;
    return owners < change.quorum ? "link/last-owner" : null;
  }
}

function applyChange(change: MemberChange, household: StoredHousehold): StoredHousehold {
  const { member: key, role, state, quorum } = change;
  const members =
    role === "none"
      ? household.members.filter(({ signKey }) => !equalBytes(signKey, key))
      : household.members.map((member) => (equalBytes(member.signKey, key) ? { ...member, role } : member));
  const removed = household.removed.filter((old) => !equalBytes(old, key));
  return { ...household, state, quorum, members, removed: role === "none" ? [...removed, key] : removed };
}

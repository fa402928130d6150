import { coSignHouseholdChange, readHouseholdProposal, signHouseholdChange } from "../../owner/household-change.ts";
import { equalBytes, fromBase64url } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { ResultOf } from "../../protocol/link-ops.ts";
import type { MemberChange } from "../../protocol/statements/member.ts";
import { confirmPresence } from "../ground/passkey.ts";
import type { Home, Household } from "./home.ts";

export type ChangeOutcome = ResultOf<"household-change">;

export const ownersIn = ({ members }: Household): number => members.filter(({ role }) => role === "owner").length;

/** Whether a household would still be able to act: one whose quorum its owners cannot reach could never share again. */
export function canAct(
  household: Household,
  member: Uint8Array | null,
  role: MemberChange["role"],
  quorum: number,
): boolean {
  const others = household.members.filter(
    ({ key, role: is }) => is === "owner" && (member === null || !equalBytes(key, member)),
  );
  return others.length + (role === "owner" && member !== null ? 1 : 0) >= Math.max(1, quorum);
}

/** Signs a change of the household as it is now. */
export async function changeHousehold(
  home: Home,
  wish: { readonly member: Uint8Array; readonly role: MemberChange["role"]; readonly quorum?: number },
): Promise<ChangeOutcome> {
  const { crypto, identity } = home.ground;
  await confirmPresence(home.ground);
  const device = await home.deviceKey();
  return home.ask(async (doorbell) => {
    const { state, quorum } = await doorbell.household();
    const change = { device, state: state + 1, quorum, ...wish };
    const outcome = await doorbell.changeHousehold(await signHouseholdChange(crypto, identity.signer, change));
    await home.refresh(doorbell);
    return outcome;
  });
}

export interface Proposal {
  readonly payload: Uint8Array;
  readonly change: MemberChange;
}

/** Changes that wait for this owner's signature; what is not about this doorbell is left out. */
export function proposalsFor(home: Home, { proposals }: Household, device: Uint8Array): Proposal[] {
  const { publicKey } = home.ground.identity.signer;
  return proposals.flatMap(({ payload: text, signers }) => {
    if (signers.some((key) => equalBytes(key, publicKey))) return [];
    try {
      const payload = fromBase64url(text);
      const change = readHouseholdProposal(payload);
      return equalBytes(change.device, device) ? [{ payload, change }] : [];
    } catch (error) {
      if (error instanceof ProtocolError) return [];
      throw error;
    }
  });
}

export async function agree(home: Home, { payload }: Proposal): Promise<ChangeOutcome> {
  const { crypto, identity } = home.ground;
  await confirmPresence(home.ground);
  return home.ask(async (doorbell) => {
    const outcome = await doorbell.changeHousehold(await coSignHouseholdChange(crypto, identity.signer, payload));
    await home.refresh(doorbell);
    return outcome;
  });
}

import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { signHouseholdChange } from "../owner/household-change.ts";
import type { ResultOf } from "../protocol/link-ops.ts";
import type { MemberChange } from "../protocol/statements/member.ts";
import type { DoorbellSession } from "./doorbell-session.ts";
import { CliError } from "./errors.ts";

export type Household = ResultOf<"household">;

/** Everything but what changes is as it was. */
export type ChangeWish = Pick<MemberChange, "member" | "role"> & { readonly quorum?: number };

/** Signs a change of the household as it is now, and says whether it counts already. */
export async function changeHousehold(
  { doorbell, deviceKey, signer }: DoorbellSession,
  { state, quorum }: Household,
  wish: ChangeWish,
): Promise<ResultOf<"household-change">> {
  const change = { device: deviceKey, state: state + 1, quorum, ...wish };
  return doorbell.changeHousehold(await signHouseholdChange(nodeCrypto, signer, change));
}

export function outcomeText({ outcome, missing }: ResultOf<"household-change">): string {
  if (outcome === "applied") return "Done.";
  const owners = `${missing} more owner${missing === 1 ? "" : "s"}`;
  return `Signed. ${owners} must agree: \`doorward owner household approve\`.`;
}

/** A household whose quorum its owners cannot reach could never share, nor change, again. */
export function refuseUnreachableQuorum(owners: number, quorum: number): void {
  if (owners >= Math.max(quorum, 1)) return;
  const missing =
    quorum <= 1 ? "the household would have no owner left" : `${owners} owners cannot make a quorum of ${quorum}`;
  throw new CliError("cli/usage", missing, { hint: "Make another member an owner first, or lower the quorum." });
}

export const ownersIn = ({ members }: Household): number => members.filter(({ role }) => role === "owner").length;

import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { changeHousehold, outcomeText, ownersIn, refuseUnreachableQuorum } from "../household-changing.ts";
import { readRole } from "../role.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  const role = readRole(args[1]);
  return withDoorbell(invocation, async (session) => {
    const household = await session.doorbell.household();
    const known = [...household.members.map(({ key }) => key), ...household.waiting];
    const member = chooseByHex(known, (key) => key, args[0], "member");
    const wasOwner = household.members.some(({ key, role: was }) => was === "owner" && equalBytes(key, member));
    if (wasOwner && role === "viewer") refuseUnreachableQuorum(ownersIn(household) - 1, household.quorum);
    const outcome = await changeHousehold(session, household, { member, role });
    terminal.say(outcomeText(outcome));
    return { json: { ok: true, member: toHex(member), role, ...outcome } };
  });
}

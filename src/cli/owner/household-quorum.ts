import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { changeHousehold, outcomeText, ownersIn, refuseUnreachableQuorum } from "../household-changing.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  const quorum = /^[1-9]\d?$/.test(args[0] ?? "") ? Number(args[0]) : Number.NaN;
  if (Number.isNaN(quorum)) throw new CliError("cli/usage", `"${args[0] ?? ""}" is no number of owners`);
  return withDoorbell(invocation, async (session) => {
    const household = await session.doorbell.household();
    refuseUnreachableQuorum(ownersIn(household), quorum);
    const { publicKey } = session.signer;
    const outcome = await changeHousehold(session, household, { member: publicKey, role: "owner", quorum });
    terminal.say(outcomeText(outcome));
    return { json: { ok: true, quorum, ...outcome } };
  });
}

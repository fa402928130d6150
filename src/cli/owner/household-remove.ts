import { toHex } from "../../protocol/bytes.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { changeHousehold, outcomeText, ownersIn, refuseUnreachableQuorum } from "../household-changing.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal, signal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const household = await session.doorbell.household();
    const { key: member, role } = chooseByHex(household.members, ({ key }) => key, args[0], "member");
    if (role === "owner") refuseUnreachableQuorum(ownersIn(household) - 1, household.quorum);
    const question = `Remove member ${shortId(toHex(member))}? What it can open today it may have copied.`;
    if (!options.flag("yes") && !(await terminal.confirm(question, signal))) {
      throw new CliError("cli/declined", "you did not say yes", {
        hint: "Nothing changed. Add `--yes` to answer beforehand.",
      });
    }
    const outcome = await changeHousehold(session, household, { member, role: "none" });
    terminal.say(outcomeText(outcome));
    return { json: { ok: true, member: toHex(member), ...outcome } };
  });
}

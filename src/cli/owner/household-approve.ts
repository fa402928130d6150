import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { coSignHouseholdChange, readHouseholdProposal } from "../../owner/household-change.ts";
import { equalBytes, fromBase64url, toHex } from "../../protocol/bytes.ts";
import type { MemberChange } from "../../protocol/statements/member.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { outcomeText } from "../household-changing.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal, signal } = invocation;
  return withDoorbell(invocation, async ({ doorbell, signer, deviceKey }) => {
    const { proposals } = await doorbell.household();
    const open = proposals.filter(({ signers }) => !signers.some((key) => equalBytes(key, signer.publicKey)));
    if (open.length === 0) terminal.say("Nothing waits for your signature.");
    const signed: unknown[] = [];
    for (const { payload } of open) {
      const bytes = fromBase64url(payload);
      const change = readHouseholdProposal(bytes);
      if (!equalBytes(change.device, deviceKey))
        throw new CliError("cli/wrong-file", "the change is for another doorbell");
      if (!options.flag("yes") && !(await terminal.confirm(`${changeText(change)} Sign it too?`, signal))) continue;
      const outcome = await doorbell.changeHousehold(await coSignHouseholdChange(nodeCrypto, signer, bytes));
      terminal.say(outcomeText(outcome));
      signed.push({ member: toHex(change.member), role: change.role, quorum: change.quorum, ...outcome });
    }
    return { json: { ok: true, signed } };
  });
}

/** The short id would not do: a key whose first eight digits are another's can be had in an hour of computing. */
function changeText({ member, role, quorum }: MemberChange): string {
  const id = fingerprint(toHex(member));
  const what = role === "none" ? `Member ${id} would be removed` : `Member ${id} would be ${role}`;
  return `${what}, and ${quorum} owner${quorum === 1 ? "" : "s"} must sign from then on.`;
}

import { equalBytes, toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { table } from "../table.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  return withDoorbell(invocation, async ({ doorbell, signer }) => {
    const { state, quorum, members, waiting, proposals } = await doorbell.household();
    const note = (key: Uint8Array): string => (equalBytes(key, signer.publicKey) ? "you" : "");
    const rows = [
      ...members.map(({ key, role }) => [shortId(toHex(key)), role, note(key)]),
      ...waiting.map((key) => [shortId(toHex(key)), "not let in yet", note(key)]),
    ];
    terminal.say(table([{ title: "MEMBER" }, { title: "MAY" }, { title: "" }], rows));
    terminal.say();
    terminal.say(quorum === 1 ? "One owner's signature is enough." : `${quorum} owners must sign.`);
    if (proposals.length > 0) {
      terminal.say(
        `${proposals.length} change${proposals.length === 1 ? "" : "s"} to sign: \`doorward owner household approve\`.`,
      );
    }
    const json = {
      state,
      quorum,
      members: members.map(({ key, role }) => ({ member: toHex(key), role })),
      waiting: waiting.map(toHex),
      proposals: proposals.map(({ signers, payload }) => ({ payload, signers: signers.map(toHex) })),
    };
    return { json };
  });
}

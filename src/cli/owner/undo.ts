import { toHex } from "../../protocol/bytes.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { revoke } from "../revoking.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const share = chooseByHex(await session.doorbell.shares(), ({ token }) => token, args[0], "share");
    if (share.state !== "waiting" && share.state !== "undo-window") {
      throw new CliError("cli/too-late", `the share is ${share.state}, so there is nothing to undo`);
    }
    await revoke(session, share.token);
    terminal.say("Undone. Nothing has left the doorbell, and nothing of it remains there.");
    return { json: { ok: true, token: toHex(share.token), was: share.state } };
  });
}

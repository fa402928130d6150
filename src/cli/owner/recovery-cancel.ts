import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  return withDoorbell(invocation, async ({ doorbell }) => {
    await doorbell.ask("recovery-cancel", {});
    invocation.terminal.say("No claim is under way any more. If your words are known to somebody, set new ones.");
    return { json: { ok: true } };
  });
}

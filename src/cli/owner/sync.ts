import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { registerLine, registersJson, syncOwner, tellTrouble, troubleExit } from "../syncing.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const synced = await syncOwner(invocation, session, Date.now());
    tellTrouble(terminal, synced);
    terminal.say(`${synced.clips.length} clip${synced.clips.length === 1 ? "" : "s"} on the doorbell.`);
    if (synced.registers.length === 0) terminal.say("No register is followed: `doorward owner register add`.");
    for (const register of synced.registers) terminal.say(registerLine(register));
    const exit = troubleExit(synced);
    return { json: { ok: exit === 0, clips: synced.clips.length, registers: registersJson(synced) }, exit };
  });
}

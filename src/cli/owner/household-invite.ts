import { setTimeout as sleep } from "node:timers/promises";
import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { type DoorbellSession, withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { changeHousehold, outcomeText } from "../household-changing.ts";
import { qrForTerminal } from "../qr.ts";
import { readRole } from "../role.ts";
import { duration, fingerprint } from "../words.ts";

const LOOK_EVERY_MS = 1000;

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal, environment, signal } = invocation;
  const role = readRole(options.needed("role"));
  return withDoorbell(invocation, async (session) => {
    const before = new Set((await session.doorbell.household()).waiting.map(toHex));
    const { qr, closesAfterMs } = (await session.doorbell.ask("invite", {})).result;
    terminal.note(qrForTerminal(qr, terminal.colours(environment)));
    terminal.note("\nThe new member scans this, or runs `doorward owner pair` with this text:\n");
    terminal.note(qr);
    const progress = terminal.progress(`Waiting up to ${duration(closesAfterMs)}`);
    const member = await newcomer(session, before, closesAfterMs, signal).finally(() => progress.end());
    if (member === null) {
      throw new CliError("cli/no-answer", "nobody paired in time", {
        hint: "Run the command again; the code is good once.",
      });
    }
    const question = `Let member ${fingerprint(toHex(member))} in as ${role}? The other screen shows the same digits.`;
    if (!options.flag("yes") && !(await terminal.confirm(question, signal))) {
      throw new CliError("cli/declined", "you did not say yes", {
        hint: "The newcomer waits; `household role` lets it in later.",
      });
    }
    const outcome = await changeHousehold(session, await session.doorbell.household(), { member, role });
    terminal.say(outcomeText(outcome));
    return { json: { ok: true, member: toHex(member), role, ...outcome } };
  });
}

/** The key that was not waiting before, or null when the window has closed. */
async function newcomer(
  { doorbell }: DoorbellSession,
  before: ReadonlySet<string>,
  withinMs: number,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const { waiting } = await doorbell.household();
    const found = waiting.find((key) => !before.has(toHex(key)));
    if (found !== undefined) return found;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return null;
}

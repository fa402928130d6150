import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { duration, fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  return withDoorbell(invocation, async ({ doorbell }) => {
    const { registered, footage, claim } = (await doorbell.ask("recovery", {})).result;
    if (!registered) terminal.say("No recovery words: without a phone, only a factory reset is left.");
    else terminal.say(`Recovery words are set; they ${footage ? "open footage too" : "open no footage"}.`);
    if (claim !== null) {
      terminal.say(
        `\nSomebody has used them: ${fingerprint(toHex(claim.member))}, an owner in ${duration(claim.remainingMs)}.`,
      );
      terminal.say("If that is not you: `doorward owner recovery cancel`.");
    }
    const said = claim && { member: toHex(claim.member), remainingSeconds: Math.round(claim.remainingMs / 1000) };
    return { json: { ok: true, registered, footage, claim: said } };
  });
}

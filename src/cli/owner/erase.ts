import { dropSeed } from "../../owner/clip-seed.ts";
import { toHex } from "../../protocol/bytes.ts";
import { chooseClip } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { refuseHeld } from "../holding.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal, signal } = invocation;
  return withDoorbell(invocation, async ({ doorbell, store }) => {
    const { clip } = await chooseClip(doorbell, args[0]);
    refuseHeld(await store.read(), clip);
    const name = shortId(toHex(clip));
    if (!options.flag("yes") && !(await terminal.confirm(`Erase clip ${name} for good?`, signal))) {
      throw new CliError("cli/declined", "you did not say yes", {
        hint: "Nothing was erased. Add `--yes` to answer beforehand.",
      });
    }
    await doorbell.ask("erase", { clip });
    await store.update((state) => dropSeed(state, clip));
    terminal.say(`Clip ${name} is gone.`);
    return { json: { ok: true, clip: toHex(clip) } };
  });
}

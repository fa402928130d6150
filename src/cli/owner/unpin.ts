import { dropSeed } from "../../owner/clip-seed.ts";
import { toHex } from "../../protocol/bytes.ts";
import { chooseClip } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { refuseHeld } from "../holding.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  return withDoorbell(invocation, async ({ doorbell, store }) => {
    const { clip } = await chooseClip(doorbell, args[0]);
    refuseHeld(await store.read(), clip);
    await doorbell.ask("unpin", { clip });
    await store.update((state) => dropSeed(state, clip));
    terminal.say(`Clip ${shortId(toHex(clip))} goes when its time comes.`);
    return { json: { ok: true, clip: toHex(clip), pinned: false } };
  });
}

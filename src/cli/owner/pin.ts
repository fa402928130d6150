import { keepSeed } from "../../owner/clip-seed.ts";
import { keepAfterHolds } from "../../owner/holds.ts";
import { toHex } from "../../protocol/bytes.ts";
import { chooseClip } from "../clip-choice.ts";
import { verifiedClip, withSeed } from "../clip-reading.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const { clip: id } = await chooseClip(session.doorbell, args[0]);
    const clip = await verifiedClip(session, id);
    // The key first: a clip that is kept without one would never open again once its day is forgotten.
    await withSeed(session, clip, (seed) =>
      session.store.update((state) => keepAfterHolds(keepSeed(state, id, seed), id)),
    );
    await session.doorbell.ask("pin", { clip: id });
    terminal.say(`Clip ${shortId(toHex(id))} stays until you unpin it.`);
    return { json: { ok: true, clip: toHex(id), pinned: true } };
  });
}

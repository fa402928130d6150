import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { openClipSeed } from "../../owner/clip-seed.ts";
import { clipsOfOrder } from "../../owner/compelled.ts";
import { addHold, type HeldClip } from "../../owner/holds.ts";
import { toHex, wipe } from "../../protocol/bytes.ts";
import { indexClips } from "../clip-indexing.ts";
import { verifiedClip } from "../clip-reading.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { rangeText, readRange } from "../time-range.ts";

const NAME = /^[^\p{Cc}]{1,80}$/u;

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal } = invocation;
  const name = args[0] ?? "";
  if (!NAME.test(name)) throw new CliError("cli/usage", "a hold needs a name of at most 80 characters");
  const range = readRange(options, Date.now());
  return withDoorbell(invocation, async (session) => {
    const { doorbell, store } = session;
    if ((await store.read()).holds?.some((hold) => hold.name === name)) {
      throw new CliError("cli/usage", `there is a hold called "${name}" already`, {
        hint: "Choose another name: holds may overlap.",
      });
    }
    const { inside, unknown } = clipsOfOrder(await indexClips(terminal, session), range);
    const held: HeldClip[] = [];
    for (const { clip, pinned } of inside) {
      const seed = openClipSeed(nodeCrypto, await store.read(), await verifiedClip(session, clip));
      held.push({ clip, seed, wasPinned: pinned });
    }
    await store.update((state) => addHold(state, { name, ...range }, held));
    for (const { seed } of held) wipe(seed);
    for (const { clip, wasPinned } of held) if (!wasPinned) await doorbell.ask("pin", { clip });
    terminal.say(
      held.length === 0
        ? `No clip is from ${rangeText(range)}; the hold is empty.`
        : `Held until \`doorward owner unhold\`, openable: ${held.length} clip${held.length === 1 ? "" : "s"} from ${rangeText(range)}.`,
    );
    if (unknown.length > 0) {
      terminal.note(
        `Of ${unknown.length} clips of those days your keys do not tell the time: \`doorward owner clips\`.`,
      );
    }
    terminal.say("The doorbell knows them as pinned clips. Why they stay only this folder tells.");
    return { json: { ok: true, name, ...range, clips: held.map(({ clip }) => toHex(clip)), unknown: unknown.length } };
  });
}

import { releasedBy, removeHold } from "../../owner/holds.ts";
import { fromHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  const name = args[0] ?? "";
  return withDoorbell(invocation, async ({ doorbell, store }) => {
    const before = await store.read();
    if (!before.holds?.some((hold) => hold.name === name)) {
      throw new CliError("cli/not-found", `there is no hold called "${name}"`, { hint: "See `doorward owner holds`." });
    }
    const released = releasedBy(before, name).map(fromHex);
    const there = new Set((await doorbell.clipIndex()).map(({ clip }) => clip.join()));
    for (const clip of released) if (there.has(clip.join())) await doorbell.ask("unpin", { clip });
    await store.update((state) => removeHold(state, name, released));
    terminal.say(
      `The hold has ended. Released to retention: ${released.length} clip${released.length === 1 ? "" : "s"}.`,
    );
    return { json: { ok: true, name, released: releasedBy(before, name) } };
  });
}

import type { Invocation, Outcome } from "../definition.ts";
import { OwnerHome } from "../owner-home.ts";
import { table } from "../table.ts";
import { rangeText } from "../time-range.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  const { holds = [] } = await new OwnerHome(invocation).store.read();
  terminal.say(
    holds.length === 0
      ? "Nothing is held."
      : table(
          [{ title: "HOLD" }, { title: "FILMED" }, { title: "CLIPS", align: "right" }],
          holds.map((hold) => [hold.name, rangeText(hold), String(hold.pinned.length)]),
        ),
  );
  return { json: holds };
}

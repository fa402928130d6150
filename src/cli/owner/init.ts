import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { OwnerHome } from "../owner-home.ts";
import { fields } from "../table.ts";
import { shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  const home = new OwnerHome(invocation);
  const member = toHex((await home.create()).publicKey);
  terminal.say("You have an owner's keys now.");
  terminal.say();
  terminal.say(
    fields([
      ["keys", home.dir],
      ["member", shortId(member)],
    ]),
  );
  terminal.say();
  terminal.say("Nobody can restore them: keep a copy of that folder as you would keep a house key.");
  terminal.say("Next: `doorward pair` at the doorbell, then `doorward owner pair TEXT` here.");
  return { json: { ok: true, home: home.dir, member } };
}

import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { writeOutputFile } from "../private-dir.ts";
import { RecipientHome } from "../recipient-home.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const { envelope, card, digest } = await new RecipientHome(invocation).card();
  const out = options.text("out");
  if (out !== undefined) await writeOutputFile(out, envelope);
  const code = toHex(digest);
  terminal.say(
    fields([
      ["name", card.name],
      ["mailbox", card.inbox.url],
      ["fingerprint", fingerprint(code)],
      ...(out === undefined ? [] : [["file", out] as const]),
    ]),
  );
  terminal.say();
  if (out === undefined) terminal.say(new TextDecoder().decode(envelope));
  else terminal.say(`Give ${out} to the owner, and read the fingerprint to each other over the telephone.`);
  const text = new TextDecoder().decode(envelope);
  return {
    json: {
      ok: true,
      name: card.name,
      mailbox: card.inbox.url,
      fingerprint: code,
      card: text,
      ...(out === undefined ? {} : { file: out }),
    },
  };
}

import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { mosquittoPasswordLine } from "../../mailbox/mosquitto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { inboxLogin } from "../../recipient/card.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { writeOutputFile } from "../private-dir.ts";
import { RecipientHome } from "../recipient-home.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  if (options.flag("mosquitto")) return mosquittoLine(invocation);
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

/** Salted and hashed, so that whoever runs the mailbox does not learn the password. */
async function mosquittoLine(invocation: Invocation): Promise<Outcome> {
  const { username, password } = inboxLogin(nodeCrypto, await new RecipientHome(invocation).secrets());
  const line = mosquittoPasswordLine(username, password);
  invocation.terminal.say(line);
  return { json: { ok: true, inbox: username, line } };
}

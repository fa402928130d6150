import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { checkCard, createCard } from "../../recipient/card.ts";
import { parseBrokerUrl } from "../broker-url.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { RecipientHome } from "../recipient-home.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const url = options.needed("mailbox");
  parseBrokerUrl(url);
  const caFile = options.text("ca");
  const ca = caFile === undefined ? null : await readFile(caFile, "utf8");
  const { card, secrets } = await createCard(nodeCrypto, { name: options.needed("name"), url, ca }).catch(explainCard);
  const home = new RecipientHome(invocation);
  await home.create(secrets, card);
  const digest = toHex(checkCard(nodeCrypto, card).digest);
  terminal.say("You can receive now.");
  terminal.say();
  terminal.say(
    fields([
      ["keys", home.dir],
      ["mailbox", url],
      ["fingerprint", fingerprint(digest)],
    ]),
  );
  terminal.say();
  terminal.say("Next: `doorward recipient card --out me.card`, and give that file to the owner of the doorbell.");
  return { json: { ok: true, home: home.dir, mailbox: url, fingerprint: digest } };
}

export function explainCard(error: unknown): never {
  if (!(error instanceof ProtocolError)) throw error;
  throw new CliError("cli/usage", `this cannot stand on a card: ${error.message}`, {
    cause: error,
    hint: "A name has at most 120 characters, none of them hidden; a CA is one PEM file of at most 8 KB.",
  });
}

import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { verifyShare } from "../../recipient/verify-share.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { EXIT } from "../errors.ts";
import { RecipientHome } from "../recipient-home.ts";
import { fields } from "../table.ts";
import { verdictJson, verdictRows } from "../verdict-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  const home = new RecipientHome(invocation);
  const secrets = await home.secretsIfThere();
  const own = secrets === null ? {} : { card: (await home.card()).envelope };
  const verdict = verifyShare(nodeCrypto, new Uint8Array(await readFile(args[0] ?? "")), secrets, own);
  terminal.say(verdict.text);
  const rows = verdictRows(verdict);
  if (rows.length > 0) terminal.say(fields(rows));
  if (secrets === null) terminal.note(`No recipient's keys in ${home.dir}: the seals themselves were not opened.`);
  return { json: verdictJson(verdict), exit: verdict.verdict === "ok" ? EXIT.ok : EXIT.notVerified };
}

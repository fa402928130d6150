import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { openShare } from "../../recipient/open-share.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { EXIT } from "../errors.ts";
import { writeOutputFile } from "../private-dir.ts";
import { RecipientHome } from "../recipient-home.ts";
import { fields } from "../table.ts";
import { verdictJson, verdictRows } from "../verdict-words.ts";
import { byteSize } from "../words.ts";

export function run(invocation: Invocation): Promise<Outcome> {
  return openShareFile(invocation, new RecipientHome(invocation));
}

export async function openShareFile({ args, options, terminal }: Invocation, home: RecipientHome): Promise<Outcome> {
  const out = options.needed("out");
  const secrets = await home.secrets();
  const { envelope: card } = await home.card();
  const opened = openShare(nodeCrypto, new Uint8Array(await readFile(args[0] ?? "")), secrets, { card });
  terminal.say(opened.text);
  if (opened.verdict !== "ok") {
    terminal.say(fields(verdictRows(opened)));
    terminal.note("Nothing was written: a share that does not verify is not opened.");
    return { json: verdictJson(opened), exit: EXIT.notVerified };
  }
  await writeOutputFile(out, opened.mp4);
  terminal.say(fields([...verdictRows(opened), ["film", `${out} (${byteSize(opened.mp4.length)})`]]));
  return { json: { ...verdictJson(opened), file: out } };
}

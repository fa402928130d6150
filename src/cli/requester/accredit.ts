import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { parseLogPolicy } from "../../protocol/tlog/checkpoint.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { writeOutputFile } from "../private-dir.ts";
import { writeRequesterFile } from "../requester-file.ts";
import { RequesterHome } from "../requester-home.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const home = new RequesterHome(invocation);
  const { publicKey } = await home.signer();
  const { agency, officer, register } = await home.profile();
  const key = toHex(publicKey);
  const handed = { register: parseLogPolicy(nodeCrypto, register).origin, requester: publicKey, agency, officer };
  const out = options.text("out");
  if (out !== undefined) await writeOutputFile(out, writeRequesterFile(handed));
  terminal.say("For whoever accredits requesters at the register:");
  terminal.say();
  terminal.say(
    fields([
      ["register", handed.register],
      ["agency", agency],
      ["officer", officer],
      ["requester", key],
      ["fingerprint", fingerprint(key)],
      ...(out === undefined ? [] : [["file", out] as const]),
    ]),
  );
  terminal.say();
  terminal.say("They make sure that you are of that agency, and compare the fingerprint with");
  terminal.say("you. The agency's name has to stand in the accreditation exactly like this;");
  terminal.say("every request repeats it.");
  return { json: { ok: true, ...handed, requester: key, ...(out === undefined ? {} : { file: out }) } };
}

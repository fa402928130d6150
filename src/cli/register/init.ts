import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { createRegister, keyOf, registerFolder } from "../register-home.ts";
import { fields } from "../table.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const folder = registerFolder(invocation);
  const settings = await createRegister(nodeCrypto, folder, invocation.options);
  const key = await keyOf(folder);
  invocation.terminal.say(
    fields([
      ["name", settings.name],
      ["folder", folder.dir],
      ["log's key", key],
    ]),
  );
  invocation.terminal.say();
  invocation.terminal.say(`Next: \`doorward register serve --data ${folder.dir}\`. Followers configure the log's key.`);
  return { json: { ok: true, name: settings.name, data: folder.dir, key } };
}

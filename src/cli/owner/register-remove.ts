import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { originOf, removeRegister } from "../../owner/requests/registers.ts";
import { shelfName } from "../../owner/requests/sync.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { OwnerHome } from "../owner-home.ts";
import { fileShelf } from "../owner-shelf.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  const home = new OwnerHome(invocation);
  const { registers = [] } = await home.store.read();
  const register = registers.find((known) => originOf(known) === args[0]);
  if (register === undefined) throw new CliError("cli/not-found", `no register "${args[0] ?? ""}" is followed`);
  await home.store.update((state) => removeRegister(state, originOf(register)));
  await fileShelf(home.dir).remove(shelfName(nodeCrypto, register));
  terminal.say(`${originOf(register)} is no longer followed.`);
  return { json: { ok: true, register: originOf(register) } };
}

import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { encodeVerifierKey, parseVerifierKey } from "../../protocol/tlog/note.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { WitnessHome } from "../witness-home.ts";

export async function run({ args, options, terminal }: Invocation): Promise<Outcome> {
  const key = parseVerifierKey(nodeCrypto, args[0] ?? "");
  if (key.type !== "ed25519") throw new CliError("cli/usage", "this is a witness's key, not a log's");
  const origin = options.text("origin") ?? key.name;
  const home = new WitnessHome({ options });
  await home.identity();
  const memory = home.memory();
  try {
    memory.follow(origin, encodeVerifierKey(key));
  } finally {
    memory.close();
  }
  terminal.say(`Follows ${origin}.`);
  return { json: { ok: true, origin } };
}

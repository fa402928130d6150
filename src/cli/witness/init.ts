import { encodeVerifierKey } from "../../protocol/tlog/note.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { WitnessHome } from "../witness-home.ts";

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const home = new WitnessHome({ options });
  const key = encodeVerifierKey(await home.create(options.needed("name")));
  terminal.say(`Witness made in ${home.dir}. Its verifier key:`);
  terminal.say();
  terminal.say(`  ${key}`);
  terminal.say();
  terminal.say(`Follow a log with \`doorward register witness add --data ${home.dir} KEY\`, then serve.`);
  return { json: { ok: true, key } };
}

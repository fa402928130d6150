import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { encodeVerifierKey } from "../../protocol/tlog/note.ts";
import { Witness } from "../../witness/witness.ts";
import { serveWitness } from "../../witness/witness-server.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { explain } from "../explain.ts";
import { serveUntilStopped } from "../serve-until-stopped.ts";
import { WitnessHome } from "../witness-home.ts";

const PORTS = { min: 0, max: 65_535 };

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const home = new WitnessHome({ options });
  const identity = await home.identity();
  const memory = home.memory();
  try {
    const witness = new Witness(identity, {
      crypto: nodeCrypto,
      memory,
      nowSeconds: () => Math.floor(Date.now() / 1000),
      onFork: (origin) => terminal.note(`FORK: ${origin} signed two trees of one size; see \`show --evidence\``),
    });
    const server = await serveWitness(witness, {
      host: options.needed("host"),
      port: options.integer("port", PORTS) ?? 0,
      onFailure: (error) => {
        void explain(error).then(({ code, message }) => terminal.note(`${code}: ${message}`));
      },
    });
    const key = encodeVerifierKey(identity.key);
    const logs = memory.logs().map(({ origin }) => origin);
    terminal.answer({ ok: true, url: server.url, key, logs });
    terminal.say(`Witness ${identity.key.name} at ${server.url}`);
    terminal.say(
      logs.length === 0 ? "It follows no log yet: see `doorward register witness add`." : `Follows ${logs.join(", ")}.`,
    );
    terminal.say("Ctrl-C ends.");
    await serveUntilStopped(signal);
    await server.stop();
  } finally {
    memory.close();
  }
  return { json: undefined };
}

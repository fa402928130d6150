import { systemClock } from "../../device/platform/clock.ts";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { makeNodeLog } from "../../device/platform/node-log.ts";
import { Register } from "../../register/register.ts";
import { serveRegister } from "../../register/register-server.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { createRegister, registerFolder, witnessesOf } from "../register-home.ts";
import { serveUntilStopped } from "../serve-until-stopped.ts";

const PORTS = { min: 0, max: 65_535 };

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal, signal } = invocation;
  const folder = registerFolder(invocation);
  const isNew = !(await folder.isInitialised());
  if (isNew) await createRegister(nodeCrypto, folder, options);
  const witnesses = witnessesOf(nodeCrypto, options);
  if (!isNew && witnesses !== null) await folder.writeSettings({ ...(await folder.settings()), ...witnesses });
  const log = makeNodeLog({ write: (line) => terminal.note(line.trimEnd()) });
  const register = await Register.open({ crypto: nodeCrypto, clock: systemClock, log }, folder);
  try {
    const server = await serveRegister(register, {
      host: options.needed("host"),
      port: options.integer("port", PORTS) ?? 0,
      clock: systemClock,
      log,
    });
    terminal.answer({
      ok: true,
      url: server.url,
      name: register.name,
      key: register.verifierKey,
      entries: register.size,
    });
    terminal.say(`Register ${register.name} at ${server.url}, ${register.size} entries`);
    terminal.say(`Log's key: ${register.verifierKey}`);
    terminal.say(`Published files: ${register.publicDir}`);
    if (isNew) terminal.say("Nobody may ask yet: see `doorward register accredit`.");
    terminal.say("Ctrl-C ends.");
    await serveUntilStopped(signal);
    await server.stop();
  } finally {
    await register.stop();
  }
  return { json: undefined };
}

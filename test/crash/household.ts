import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type } from "../../src/cli/demo/typed-command.ts";
import { exampleConfig } from "../../src/device/config/reference.ts";
import { loadDeviceKeys } from "../../src/device/device-keys.ts";
import { Program } from "./program.ts";

export const UNDO_MS = 700;
export const POST_ROLL_MS = 1000;
const START_WITHIN_MS = 60_000;

/** Folders of one household, and how its programs are started. Ports stay the same from life to life. */
export interface Household {
  readonly dir: string;
  readonly device: string;
  readonly owner: string;
  readonly recipient: string;
  /** The daemon's configuration file. */
  readonly config: string;
  readonly card: Uint8Array;
  readonly deviceKey: Uint8Array;
  startDaemon(): Program;
  startMailbox(): Program;
  startRecipient(): Program;
}

/** Settles when a fresh doorbell is paired with an owner and a recipient has a card; nothing runs then. */
export async function makeHousehold(
  dir: string,
  main: string,
  film: string,
  env: NodeJS.ProcessEnv = process.env,
  changes: Parameters<typeof exampleConfig>[0] = {},
): Promise<Household> {
  const [device, owner, recipient] = [join(dir, "device"), join(dir, "owner"), join(dir, "recipient")];
  for (const folder of [device, owner, recipient]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [homePort, mailboxPort] = [await freePort(), await freePort()];
  const config = join(dir, "doorward.toml");
  writeFileSync(config, configText(device, film, homePort, changes));
  await typed(["init", "--config", config]);
  await typed(["owner", "init", "--home", owner]);
  const startDaemon = (): Program => new Program(main, ["run", "--config", config], env);
  const daemon = startDaemon();
  await daemon.says('"ready"', START_WITHIN_MS);
  const { text } = await typed(["pair", "--config", config]);
  await typed(["owner", "pair", String(text), "--home", owner]);
  await daemon.stop();
  const mailboxUrl = `mqtt://127.0.0.1:${mailboxPort}`;
  await typed(["recipient", "init", "--home", recipient, "--name", "Crash run", "--mailbox", mailboxUrl]);
  const cardFile = join(recipient, "me.card");
  await typed(["recipient", "card", "--home", recipient, "--out", cardFile]);
  return {
    ...{ dir, device, owner, recipient, config, startDaemon },
    card: new Uint8Array(readFileSync(cardFile)),
    deviceKey: (await loadDeviceKeys(device)).publicKey,
    startMailbox: () => new Program(main, ["mailbox", "serve", "--port", String(mailboxPort)]),
    startRecipient: () => new Program(main, ["recipient", "receive", "--watch", "--home", recipient]),
  };
}

export async function typed(words: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, json } = await type(words, new AbortController().signal);
  if (exit !== 0) throw new Error(`doorward ${words.join(" ")} ended with ${exit}: ${JSON.stringify(json)}`);
  return json as Record<string, unknown>;
}

function configText(device: string, film: string, port: number, changes: Parameters<typeof exampleConfig>[0]): string {
  return exampleConfig({
    "device.data_dir": device,
    "device.clock": "trusted",
    "camera.source": "file",
    "camera.file": film,
    "recording.pre_roll": "1s",
    "recording.post_roll": `${POST_ROLL_MS}ms`,
    "recording.longest": "5s",
    "broker.port": port,
    "sharing.undo_window": `${UNDO_MS}ms`,
    "log.level": "debug",
    ...changes,
  });
}

const LOWEST_PORT = 20_000;
const PORTS = 10_000;

/** Below the ports that the system gives to outgoing connections, so that it stays free while its listener is dead. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

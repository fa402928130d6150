import { access, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { loadConfig } from "../../device/config/load-config.ts";
import { exampleConfig } from "../../device/config/reference.ts";
import { createDeviceKeys, DeviceKeyError } from "../../device/device-keys.ts";
import { makeDirectoryDurably, writeFileDurably } from "../../device/platform/durable-file.ts";
import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

const CONFIG_MODE = 0o640;

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const configFile = resolve(options.needed("config"));
  const asked = options.text("data");
  const wroteConfig = await writeConfigIfNone(configFile, asked === undefined ? undefined : resolve(asked));
  const { dataDir } = await loadConfig(configFile);
  if (asked !== undefined && dataDir !== resolve(asked)) {
    throw new CliError("cli/usage", `${configFile} exists and keeps its data in ${dataDir}, not in ${resolve(asked)}`, {
      hint: "Leave out --data, change data_dir in that file, or name another --config.",
    });
  }
  const publicKey = await makeKeys(dataDir);
  terminal.say("This doorbell has keys now.");
  terminal.say();
  terminal.say(
    fields([
      ["configuration", wroteConfig ? `${configFile} (new, every setting explained)` : configFile],
      ["data", dataDir],
      ["key", fingerprint(toHex(publicKey))],
    ]),
  );
  terminal.say();
  const flag = options.text("config") === undefined ? "" : ` --config ${configFile}`;
  terminal.say(
    `Next: \`doorward doctor${flag}\`, \`doorward run${flag}\`, and \`doorward pair${flag}\` in another terminal.`,
  );
  return { json: { ok: true, config: configFile, configWritten: wroteConfig, dataDir, key: toHex(publicKey) } };
}

async function writeConfigIfNone(file: string, dataDir: string | undefined): Promise<boolean> {
  try {
    await access(file);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const text = exampleConfig(dataDir === undefined ? {} : { "device.data_dir": dataDir });
  await mkdir(dirname(file), { recursive: true });
  await writeFileDurably(file, new TextEncoder().encode(text), { mode: CONFIG_MODE });
  return true;
}

async function makeKeys(dataDir: string): Promise<Uint8Array> {
  await makeDirectoryDurably(dataDir);
  try {
    return (await createDeviceKeys(dataDir)).publicKey;
  } catch (error) {
    if (!(error instanceof DeviceKeyError)) throw error;
    throw new CliError("cli/already-initialised", error.message, { cause: error });
  }
}

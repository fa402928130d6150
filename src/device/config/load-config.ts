import { dirname, resolve } from "node:path";
import { stringify } from "smol-toml";
import { readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";
import { type Log, silentLog } from "../platform/logger.ts";
import { configFrom, type DoorwardConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { type Migration, migrations } from "./migrations.ts";
import { readConfig } from "./read-config.ts";

/** May be missing: every setting has a default. Any other file that is named has to be there. */
export const DEFAULT_CONFIG_FILE = "/etc/doorward/doorward.toml";

const CONFIG_MODE = 0o640;

export interface LoadOptions {
  readonly log?: Log;
  readonly steps?: readonly Migration[];
}

/** @throws ConfigError with a message that lists everything to mend. */
export async function loadConfig(
  file: string = DEFAULT_CONFIG_FILE,
  { log = silentLog, steps = migrations }: LoadOptions = {},
): Promise<DoorwardConfig> {
  const text = await readText(file);
  const { values, migratedFrom, document } = readConfig(text, steps);
  if (migratedFrom !== null) await replaceByMigrated(file, text, migratedFrom, document, log);
  return configFrom(values, dirname(resolve(file)));
}

async function readText(file: string): Promise<string> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readFileIfThere(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError("config/unreadable", `cannot read ${file}: ${reason}`, [], { cause: error });
  }
  if (bytes === undefined && file !== DEFAULT_CONFIG_FILE)
    throw new ConfigError("config/missing", `${file} does not exist`);
  return new TextDecoder().decode(bytes);
}

/** The old file stays beside the new one. A daemon that may not write there goes on with the migrated settings in memory. */
async function replaceByMigrated(
  file: string,
  text: string,
  from: number,
  document: Readonly<Record<string, unknown>>,
  log: Log,
): Promise<void> {
  try {
    await writeFileDurably(`${file}.version-${from}`, new TextEncoder().encode(text), { mode: CONFIG_MODE });
    await writeFileDurably(file, new TextEncoder().encode(stringify(document)), { mode: CONFIG_MODE });
    log.info("configuration migrated", { from });
  } catch (error) {
    log.warn("configuration migrated in memory only", { from, error: String(error) });
  }
}

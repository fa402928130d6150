import { resolve } from "node:path";
import type { DoorwardConfig } from "../device/config/config.ts";
import { loadConfig } from "../device/config/load-config.ts";
import type { Options } from "./options.ts";

/** The configuration that `--config` names, with `--data` put in place of its data directory where a command has that flag. */
export async function deviceConfig(options: Options): Promise<DoorwardConfig> {
  const config = await loadConfig(resolve(options.needed("config")));
  const data = options.text("data");
  return data === undefined ? config : { ...config, dataDir: resolve(data) };
}

import { isDeepStrictEqual } from "node:util";
import { type Log, silentLog } from "../platform/logger.ts";
import { configFrom, type DoorwardConfig } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { loadConfig } from "./load-config.ts";
import { type ConfigValues, sections } from "./sections.ts";
import { settingInfo } from "./setting.ts";

export type Reload =
  /** The file is wrong or gone: everything goes on as it was. */
  | { readonly outcome: "kept"; readonly error: ConfigError }
  | {
      readonly outcome: "changed";
      /** What holds from now on: changes that need a restart are not in it yet. */
      readonly config: DoorwardConfig;
      /** `section.key` of each. */
      readonly changed: readonly string[];
      readonly needRestart: readonly string[];
    };

/** What SIGHUP does. */
export async function reloadConfig(old: DoorwardConfig, file: string, log: Log = silentLog): Promise<Reload> {
  let next: DoorwardConfig;
  try {
    next = await loadConfig(file, { log });
  } catch (error) {
    if (error instanceof ConfigError) return { outcome: "kept", error };
    throw error;
  }
  const differences = differingSettings(old.values, next.values);
  const live = differences.filter(({ restart }) => !restart);
  return {
    outcome: "changed",
    config: configFrom(withLive(old.values, next.values, live), old.baseDir),
    changed: live.map(({ name }) => name),
    needRestart: differences.filter(({ restart }) => restart).map(({ name }) => name),
  };
}

interface Difference {
  readonly name: string;
  readonly section: string;
  readonly key: string;
  readonly restart: boolean;
}

type Table = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function tableOf(values: ConfigValues): Table {
  const { version: _version, ...table } = values;
  return table;
}

function differingSettings(old: ConfigValues, next: ConfigValues): readonly Difference[] {
  const [before, after] = [tableOf(old), tableOf(next)];
  return Object.entries(sections).flatMap(([section, { shape }]) =>
    Object.entries(shape)
      .filter(([key]) => !isDeepStrictEqual(before[section]?.[key], after[section]?.[key]))
      .map(([key, schema]) => ({
        name: `${section}.${key}`,
        section,
        key,
        restart: settingInfo.get(schema)?.restart ?? true,
      })),
  );
}

function withLive(old: ConfigValues, next: ConfigValues, live: readonly Difference[]): ConfigValues {
  const after = tableOf(next);
  const merged: Record<string, Record<string, unknown>> = structuredClone(tableOf(old));
  for (const { section, key } of live) merged[section] = { ...merged[section], [key]: after[section]?.[key] };
  return { version: old.version, ...merged } as ConfigValues;
}

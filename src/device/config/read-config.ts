import { parse, TomlError } from "smol-toml";
import type * as z from "zod/mini";
import { contradictions } from "./contradictions.ts";
import { ConfigError, type Problem } from "./errors.ts";
import { type Migration, migrated, migrations } from "./migrations.ts";
import { nearestKey } from "./nearest-key.ts";
import { type ConfigValues, configSchema, sections } from "./sections.ts";
import { settingInfo, tomlOf } from "./setting.ts";
import { tomlLines } from "./toml-lines.ts";

export interface ReadConfig {
  readonly values: ConfigValues;
  /** What the file should be replaced by when it is of an older version; null when it is current. */
  readonly migratedFrom: number | null;
  readonly document: Readonly<Record<string, unknown>>;
}

const MAX_SHOWN_CHARACTERS = 80;

/**
 * Reads the text of a configuration file.
 * @throws ConfigError `config/syntax`, `config/newer`, `config/invalid` with every problem there is.
 */
export function readConfig(text: string, steps: readonly Migration[] = migrations): ReadConfig {
  const original = parseToml(text);
  const { document, from } = migrated(original, steps);
  const problems: Problem[] = [];
  const lines = tomlLines(text);
  const add = (problem: Omit<Problem, "line">): void => {
    const line = lines.get(problem.setting);
    problems.push(line === undefined ? problem : { ...problem, line });
  };
  const result = configSchema.safeParse(document);
  if (result.success) for (const found of contradictions(result.data)) add(found);
  else for (const issue of result.error.issues) for (const found of explain(issue, document)) add(found);
  if (problems.length > 0 || !result.success) {
    problems.sort((a, b) => (a.line ?? Number.MAX_SAFE_INTEGER) - (b.line ?? Number.MAX_SAFE_INTEGER));
    throw new ConfigError(
      "config/invalid",
      `${problems.length} thing${problems.length === 1 ? "" : "s"} to mend in the configuration:`,
      problems,
    );
  }
  return { values: result.data, migratedFrom: from, document };
}

function parseToml(text: string): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
    throw new ConfigError("config/syntax", `line ${error.line}, column ${error.column}: ${reason}`, [], {
      cause: error,
    });
  }
}

function explain(
  issue: z.core.$ZodIssue,
  document: Readonly<Record<string, unknown>>,
): readonly Omit<Problem, "line">[] {
  const [sectionName, key] = issue.path.map(String);
  if (issue.code === "unrecognized_keys") return issue.keys.map((unknown) => unknownKey(sectionName, unknown));
  if (sectionName === undefined)
    return [{ setting: "the file", wrong: "is not a set of sections", remedy: "See docs/ref/config.md." }];
  if (key === undefined) {
    return [
      {
        setting: sectionName,
        wrong: "is not a section",
        remedy: `Write [${sectionName}] on a line of its own and its settings below.`,
      },
    ];
  }
  const given = (document[sectionName] as Readonly<Record<string, unknown>> | undefined)?.[key];
  const schema = sectionShape(sectionName)?.[key];
  const info = schema === undefined ? undefined : settingInfo.get(schema);
  return [
    {
      setting: `${sectionName}.${key}`,
      wrong: `= ${shown(given)} is not ${info?.form ?? "of the right form"}`,
      remedy: `The default is ${tomlOf(info?.preset)}.`,
    },
  ];
}

/** An address in the file may hold a password, and messages end up in logs. */
function shown(given: unknown): string {
  const whole = tomlOf(given) ?? "nothing";
  const masked = whole.replaceAll(/\/\/[^\s"]*@/g, "//…@");
  return masked.length > MAX_SHOWN_CHARACTERS ? `${masked.slice(0, MAX_SHOWN_CHARACTERS)}…` : masked;
}

function unknownKey(sectionName: string | undefined, key: string): Omit<Problem, "line"> {
  const setting = sectionName === undefined ? key : `${sectionName}.${key}`;
  const shape = sectionName === undefined ? sections : (sectionShape(sectionName) ?? {});
  const near = nearestKey(key, Object.keys(shape));
  if (near !== undefined) {
    return {
      setting,
      wrong: "is unknown",
      remedy: sectionName === undefined ? `Did you mean [${near}]?` : `Did you mean "${near}"?`,
    };
  }
  const elsewhere = Object.entries(sections).find(([, { shape: keys }]) => key in keys)?.[0];
  if (elsewhere !== undefined) return { setting, wrong: "is unknown", remedy: `"${key}" belongs into [${elsewhere}].` };
  return { setting, wrong: "is unknown", remedy: `Remove it; known are: ${Object.keys(shape).join(", ")}.` };
}

function sectionShape(name: string): Readonly<Record<string, z.ZodMiniType>> | undefined {
  return Object.hasOwn(sections, name) ? sections[name as keyof typeof sections].shape : undefined;
}

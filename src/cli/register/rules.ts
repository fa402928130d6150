import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { DEFAULT_PRESSING_WORDS } from "../../protocol/register/default-words.ts";
import { readLeaf } from "../../protocol/register/leaf.ts";
import { type Limits, LOOSEST_LIMITS, type Rules, rulesStatement } from "../../protocol/register/statements/rules.ts";
import { followLog } from "../../protocol/tlog/follow-log.ts";
import { FolderSource } from "../../register/log-folder.ts";
import type { RegisterFolder } from "../../register/register-folder.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import type { Options } from "../options.ts";
import { registerFolder } from "../register-home.ts";
import { operatorOf, submitAsOperator } from "../register-operator.ts";
import { fields } from "../table.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const present = await presentRules(registerFolder(invocation));
  const limits = changedLimits(options, present.limits);
  const wordsFile = options.text("words");
  const words = wordsFile === undefined ? present.words : linesOf(await readFile(wordsFile, "utf8"));
  if (limits === present.limits && wordsFile === undefined) {
    terminal.say(fields(limitRows(limits)));
    terminal.say();
    terminal.say(`Words that a request must not have (${words.length}):`);
    for (const word of words) terminal.say(`  ${word}`);
    return { json: { ok: true, limits, words } };
  }
  const operator = await operatorOf(invocation);
  const payload = { register: operator.register, limits, words };
  return submitAsOperator(invocation, rulesStatement, payload, operator, "The new rules hold from now on.");
}

/** The last rules in the log's own folder. */
async function presentRules(folder: RegisterFolder): Promise<Pick<Rules, "limits" | "words">> {
  const { settings, logKey } = await folder.identity();
  const policy = { origin: settings.name, logKey, witnesses: [], quorum: 0 };
  let rules: Pick<Rules, "limits" | "words"> = { limits: LOOSEST_LIMITS, words: DEFAULT_PRESSING_WORDS };
  const { entries } = await followLog(nodeCrypto, policy, null, new FolderSource(folder.publicDir));
  for await (const { bytes } of entries) {
    const { entry } = readLeaf(nodeCrypto, bytes);
    if (entry.kind === "rules") rules = entry.statement.payload;
  }
  return rules;
}

function changedLimits(options: Options, present: Limits): Limits {
  const perDay = options.integer("perDay", { min: 1, max: LOOSEST_LIMITS.requestsPerDay });
  const radius = rangeOf(options, "radius", LOOSEST_LIMITS.radiusMin, LOOSEST_LIMITS.radiusMax);
  const window = rangeOf(options, "window", LOOSEST_LIMITS.windowMin / 60, LOOSEST_LIMITS.windowMax / 60);
  const text = options.integer("text", { min: 1, max: LOOSEST_LIMITS.textMax });
  const expiry = options.integer("expiry", { min: 1, max: LOOSEST_LIMITS.expiryMax / 86_400 });
  const changes: Partial<Limits> = {
    ...(perDay === undefined ? {} : { requestsPerDay: perDay }),
    ...(radius === null ? {} : { radiusMin: radius[0], radiusMax: radius[1] }),
    ...(window === null ? {} : { windowMin: window[0] * 60, windowMax: window[1] * 60 }),
    ...(text === undefined ? {} : { textMax: text }),
    ...(expiry === undefined ? {} : { expiryMax: expiry * 86_400 }),
  };
  return Object.keys(changes).length === 0 ? present : { ...present, ...changes };
}

function rangeOf(options: Options, name: string, least: number, most: number): readonly [number, number] | null {
  const text = options.text(name);
  if (text === undefined) return null;
  const [, from, to] = /^(\d{1,6})-(\d{1,6})$/.exec(text) ?? [];
  const [min, max] = [Number(from), Number(to)];
  if (!(min >= least && max <= most && min <= max)) {
    throw new CliError(
      "cli/usage",
      `--${name} takes a range within ${least}-${most}, such as ${least}-${most}, not "${text}"`,
    );
  }
  return [min, max];
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim().normalize("NFC"))
    .filter((line) => line !== "");

const limitRows = (limits: Limits): (readonly [string, string])[] => [
  ["requests a day", String(limits.requestsPerDay)],
  ["radius", `${limits.radiusMin} to ${limits.radiusMax} m`],
  ["window", `${limits.windowMin / 60} to ${limits.windowMax / 60} minutes`],
  ["text", `1 to ${limits.textMax} characters`],
  ["expiry", `within ${limits.expiryMax / 86_400} days`],
];

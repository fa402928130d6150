import type { Options } from "./options.ts";

/** How many of the witnesses that `--witness` names must vouch: what `--quorum` says, else more than half. @throws CliError `cli/usage`. */
export function readQuorum(options: Options, witnesses: readonly string[]): number {
  return options.integer("quorum", { min: 0, max: witnesses.length }) ?? majorityOf(witnesses.length);
}

const majorityOf = (count: number): number => (count === 0 ? 0 : Math.floor(count / 2) + 1);

export const witnessWords = (count: number): string =>
  count === 0 ? "no witness" : `${count} witness${count === 1 ? "" : "es"}`;

import type { OrderedRange } from "../owner/compelled.ts";
import { CliError } from "./errors.ts";
import type { Options } from "./options.ts";
import { readTime } from "./request-wish.ts";
import { localTime } from "./words.ts";

/** `--from` and `--until`, both of what was filmed. @throws CliError `cli/usage`. */
export function readRange(options: Options, nowMs: number): OrderedRange {
  const fromMs = readTime("from", options.needed("from")) * 1_000;
  const toMs = readTime("until", options.needed("until")) * 1_000;
  if (fromMs >= toMs) throw new CliError("cli/usage", "--until has to be after --from");
  if (toMs > nowMs) {
    throw new CliError("cli/usage", "--until has to be in the past: nothing has been filmed after it yet", {
      hint: "Run the command again when that time has come.",
    });
  }
  return { fromMs, toMs };
}

export const rangeText = ({ fromMs, toMs }: OrderedRange): string => `${localTime(fromMs)} to ${localTime(toMs)}`;

import { OFFENCES, type Offence } from "../protocol/register/statements/request.ts";
import { CliError } from "./errors.ts";

const MS_PER_SECOND = 1_000;
const MS_PER_DAY = 86_400_000;

/** `2026-03-01T18:30` in local time, or with `Z` or an offset; unix seconds. @throws CliError `cli/usage`. */
export function readTime(flag: string, text: string): number {
  const form = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?$/;
  const at = form.test(text) ? new Date(text.replace(" ", "T")).getTime() : Number.NaN;
  if (!(at >= 0)) {
    throw new CliError("cli/usage", `--${flag} takes a time, not "${text}"`, {
      hint: "Write 2026-03-01T18:30 for local time, 2026-03-01T18:30Z for UTC.",
    });
  }
  return at / MS_PER_SECOND;
}

/** `2026-03-01` as a UTC day number. @throws CliError `cli/usage`. */
export function readDay(flag: string, text: string): number {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`).getTime() : Number.NaN;
  if (!(at >= 0)) throw new CliError("cli/usage", `--${flag} takes a day such as 2026-03-01, not "${text}"`);
  return at / MS_PER_DAY;
}

export const dayText = (day: number): string => new Date(day * MS_PER_DAY).toISOString().slice(0, 10);

/** @throws CliError `cli/usage`. */
export function readOffence(text: string): Offence {
  const offence = OFFENCES.find((known) => known === text);
  if (offence === undefined) {
    throw new CliError("cli/usage", `"${text}" is no offence that requests are counted by`, {
      hint: `One of: ${OFFENCES.join(", ")}.`,
    });
  }
  return offence;
}

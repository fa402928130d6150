import { CodedError } from "../../protocol/errors.ts";

export const configErrors = {
  "config/missing":
    "The configuration file named by --config is not there: check the path, or run `doorward init` to make one.",
  "config/unreadable":
    "The configuration file cannot be read: give its user the right to, for example `chown root:doorward` and `chmod 640`.",
  "config/syntax": "The configuration file is not TOML: the message names line and column.",
  "config/invalid":
    "Settings are unknown, of the wrong form or contradict each other: the message lists each with what to do.",
  "config/newer":
    "The configuration file was written for a newer Doorward: update Doorward, or restore the older file.",
} as const;
export type ConfigErrorCode = keyof typeof configErrors;

/** One thing that is wrong in a configuration file. */
export interface Problem {
  /** `section.key`, or the section alone. */
  readonly setting: string;
  /** First line of the file that it is about, counted from 1; absent when the file leaves the setting out. */
  readonly line?: number;
  readonly wrong: string;
  /** What to do, as an instruction. */
  readonly remedy: string;
}

export class ConfigError extends CodedError<ConfigErrorCode> {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];
  constructor(code: ConfigErrorCode, message: string, problems: readonly Problem[] = [], options?: ErrorOptions) {
    super(code, [message, ...problems.map(problemText)].join("\n"), options);
    this.problems = problems;
  }
}

export function problemText({ setting, line, wrong, remedy }: Problem): string {
  return `  ${line === undefined ? "" : `line ${line}: `}${setting} ${wrong}. ${remedy}`;
}

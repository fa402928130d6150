import type { ExitStatus } from "./errors.ts";
import type { Options } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** What a subcommand is run with. */
export interface Invocation {
  /** Positional arguments in the order of the definition; an optional one that is missing is undefined. */
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Outcome {
  /** What `--json` prints, undefined if that is said already; prose is said by the subcommand itself, through the terminal. */
  readonly json: unknown;
  readonly exit?: ExitStatus;
}

export interface Subcommand {
  run(invocation: Invocation): Promise<Outcome>;
}

export interface OptionDefinition {
  /** As commander writes it: `--to <file>`, `--yes`, `--lane <name...>`. */
  readonly flags: string;
  readonly meaning: string;
  readonly preset?: string;
  readonly required?: true;
}

/** All that help, parsing and docs/ref/cli.md need to know of a command; its code is loaded only when it runs. */
export interface CommandDefinition {
  /** Words after `doorward`: `owner consent`. */
  readonly path: string;
  readonly summary: string;
  readonly details?: string;
  /** `<clip>` is needed, `[member]` is not. */
  readonly args?: readonly { readonly name: string; readonly meaning: string }[];
  readonly options?: readonly OptionDefinition[];
  readonly examples: readonly { readonly command: string; readonly meaning: string }[];
  readonly load: () => Promise<Subcommand>;
}

/** A word that has commands below it: `owner`, `mailbox`. */
export interface GroupDefinition {
  readonly path: string;
  readonly summary: string;
}

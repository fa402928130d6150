import { CliError } from "./errors.ts";

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** Flags of one invocation, read by their camel-case name and typed at the place of use. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;
  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** Of a flag that takes several values; none when it is not given. */
  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** @throws CliError `cli/usage` when the flag is missing. */
  needed(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new CliError("cli/usage", `${flagOf(name)} is needed`);
    return value;
  }

  /** @throws CliError `cli/usage` for anything but a whole number within the range. */
  integer(name: string, range: IntegerRange): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= range.min && number <= range.max)) {
      throw new CliError(
        "cli/usage",
        `${flagOf(name)} takes a whole number from ${range.min} to ${range.max}, not "${value}"`,
      );
    }
    return number;
  }
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

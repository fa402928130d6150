import { createInterface } from "node:readline";
import { CliError } from "./errors.ts";
import { Progress } from "./progress.ts";

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
}

/**
 * Where a subcommand speaks. With `json`, stdout is kept for the one value that the program prints at the end:
 * prose is dropped, while notes and progress go to stderr either way.
 */
export class Terminal {
  readonly json: boolean;
  readonly #streams: Streams;
  #answers: AsyncIterator<string> | undefined;
  constructor(streams: Streams, json: boolean) {
    this.#streams = streams;
    this.json = json;
  }

  /** The answer, in words. */
  say(text = ""): void {
    if (!this.json) this.#streams.stdout.write(`${text}\n`);
  }

  /** The one JSON value, for a command that goes on after it: an address is of use while the server runs. */
  answer(json: unknown): void {
    if (this.json) this.#streams.stdout.write(`${JSON.stringify(json)}\n`);
  }

  /** What is going on; never part of the answer. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** How wide lines of prose may be; undefined where they do not go to a screen. */
  get columns(): number | undefined {
    const { isTTY, columns } = this.json ? this.#streams.stderr : this.#streams.stdout;
    return isTTY === true ? columns : undefined;
  }

  /** Whether the answer is read by a person who sees colours. */
  colours(environment: Readonly<Record<string, string | undefined>>): boolean {
    return this.#streams.stdout.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  }

  progress(label: string): Progress {
    return new Progress(this.#streams.stderr, label);
  }

  /** Asks for a line; an empty one and the end of input are the preset. Several questions may be answered by one paste. */
  async ask(question: string, preset: string, signal: AbortSignal): Promise<string> {
    this.#streams.stderr.write(`${question} [${preset}] `);
    this.#answers ??= createInterface({ input: this.#streams.stdin, signal })[Symbol.asyncIterator]();
    const { value, done } = await this.#answers.next();
    if (signal.aborted) throw new CliError("cli/interrupted", "stopped at the question");
    if (done === true) this.#streams.stderr.write("\n");
    const answer = done === true ? "" : String(value).trim();
    return answer === "" ? preset : answer;
  }

  /** Asks a question whose default is no; an empty answer and the end of input are a no. */
  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    this.#streams.stderr.write(`${question} [y/N] `);
    const lines = createInterface({ input: this.#streams.stdin, signal });
    try {
      for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    } finally {
      lines.close();
    }
    if (signal.aborted) throw new CliError("cli/interrupted", "stopped at the question");
    this.#streams.stderr.write("\n");
    return false;
  }
}

import { Readable } from "node:stream";
import { runCli } from "../program.ts";

const COLUMNS = 100;

/** What a command that was typed with `--json` answered. */
export interface Answer {
  readonly exit: number;
  readonly json: unknown;
}

/** Runs one of doorward's own commands in this process, exactly as if it had been typed with `--json`. */
export async function type(words: readonly string[], signal: AbortSignal): Promise<Answer> {
  let text = "";
  const stdout = {
    columns: COLUMNS,
    write(part: string): void {
      text += part;
    },
  };
  const stderr = { columns: COLUMNS, write: () => {} };
  const stdin = Readable.from([]);
  const world = { stdout, stderr, stdin, environment: process.env, signal };
  const exit = await runCli([...words, "--json"], world);
  return { exit, json: JSON.parse(text) as unknown };
}

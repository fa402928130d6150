import { Readable } from "node:stream";
import { runCli } from "../../src/cli/program.ts";

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandSurroundings {
  /** What is typed. */
  readonly input?: string;
  readonly home?: string;
  readonly signal?: AbortSignal;
  /** Hears notes as they are written, for a command that waits for something. */
  readonly onNote?: (text: string) => void;
  /** Hears the answer as it is written, for a command that serves. */
  readonly onOut?: (text: string) => void;
}

/** `doorward …` in this process, as a pipe sees it. */
export async function doorward(
  words: readonly string[],
  { input = "", home = "/nonexistent", signal = new AbortController().signal, onNote, onOut }: CommandSurroundings = {},
): Promise<Ran> {
  let out = "";
  let err = "";
  const exit = await runCli(words, {
    stdout: {
      write: (text) => {
        out += text;
        onOut?.(text);
      },
    },
    stderr: {
      write: (text) => {
        err += text;
        onNote?.(text);
      },
    },
    stdin: Readable.from(input === "" ? [] : [input]),
    environment: { HOME: home },
    signal,
  });
  return { exit, out, err };
}

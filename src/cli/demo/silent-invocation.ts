import type { Invocation } from "../definition.ts";
import { Options } from "../options.ts";
import { Terminal } from "../terminal.ts";

/** What a command of this owner is run with when nobody looks. */
export function silentInvocation(home: string, signal: AbortSignal): Invocation {
  const silence = { write: () => {} };
  const terminal = new Terminal({ stdout: silence, stderr: silence, stdin: process.stdin }, true);
  return { args: [], options: new Options({ home }), terminal, environment: process.env, signal };
}

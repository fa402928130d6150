import { LogError } from "../../src/protocol/tlog/errors.ts";

/** Something false that is offered to a reader. */
export interface Probe {
  readonly name: string;
  /** Null, false or a {@link LogError} is a refusal. Anything else that is thrown is a fault of the reader. */
  readonly attempt: () => unknown;
}

export interface ProbeGroup {
  readonly name: string;
  /** The same readers with honest input; each must be accepted, or a refusal would show nothing. */
  readonly controls: readonly Probe[];
  readonly probes: readonly Probe[];
}

/** `accepted`, or how it was refused; `crashed` when the reader threw what it does not say it throws. */
export async function verdictOn({ attempt }: Probe): Promise<string> {
  try {
    const answer: unknown = await attempt();
    return answer === false || answer === null ? "refused" : "accepted";
  } catch (error) {
    return error instanceof LogError ? error.code : `crashed: ${String(error)}`;
  }
}

/** Another bit at one place. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 1);
}

export const entriesOf = (first: number, count: number, words = "entry"): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => new TextEncoder().encode(`${words} ${first + i}`));

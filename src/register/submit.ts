import { CodedError } from "../protocol/errors.ts";
import { RegisterError } from "./errors.ts";

const TIMEOUT_MS = 20_000;

export interface Submitted {
  /** Place of the leaf in the log. */
  readonly index: number;
  /** Unix seconds, by the register's clock. */
  readonly at: number;
}

/** A register's no, with its code: one of the pages "request", "register" or "statement" of docs/ref/errors.md. */
export class StatementRefused extends CodedError<string> {
  override readonly name = "StatementRefused";
}

/** Hands a signed statement in. @throws {@link StatementRefused}; {@link RegisterError} `register/away`. */
export async function submitStatement(
  url: string,
  kind: string,
  envelope: Uint8Array,
  signal: AbortSignal,
): Promise<Submitted> {
  const address = `${url.replace(/\/+$/, "")}/statements/${kind}`;
  let answer: { ok?: unknown; index?: unknown; at?: unknown; error?: { code?: unknown; message?: unknown } };
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Uint8Array(envelope),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    answer = (await response.json()) as typeof answer;
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new RegisterError("register/away", `no register answers at ${url}`, { cause });
  }
  if (answer.ok === true && typeof answer.index === "number" && typeof answer.at === "number") {
    return { index: answer.index, at: answer.at };
  }
  const { code, message } = answer.error ?? {};
  if (typeof code !== "string") throw new RegisterError("register/away", `${url} does not answer as a register does`);
  throw new StatementRefused(code, String(message));
}

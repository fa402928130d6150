import { equalBytes, fromBase64url, fromUtf8 } from "../protocol/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { RequestError, type RequestErrorCode, requestErrors } from "../protocol/register/errors.ts";
import type { ComposedStatement } from "./compose.ts";
import { RequesterError } from "./errors.ts";

/** Sends bytes and gives what comes back. Rejects when nothing does. */
export type HttpPost = (
  url: string,
  body: Uint8Array,
) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

/** What the register promised: only the log proves it. */
export interface Promised {
  readonly index: number;
  /** Unix seconds. */
  readonly at: number;
}

/**
 * Hands a statement to the register.
 * @throws RequestError its refusal by a rule. @throws RequesterError `requester/register-away`, `requester/refused`,
 * `requester/unreadable-answer`.
 */
export async function submitStatement(
  post: HttpPost,
  url: string,
  { kind, envelope, digest }: ComposedStatement,
): Promise<Promised> {
  const { status, body } = await post(`${url.replace(/\/+$/, "")}/statements/${kind}`, envelope).catch(
    (cause: unknown) => {
      throw new RequesterError("requester/register-away", "the register does not answer", { cause });
    },
  );
  const answer = readAnswer(body);
  if (status === 201 && isPromise(answer)) {
    if (equalBytes(digestIn(answer.digest), digest)) return { index: answer.index, at: answer.at };
    throw new RequesterError("requester/unreadable-answer", "the register names another statement than was sent");
  }
  const { code, message } = refusalIn(answer, status);
  if (Object.hasOwn(requestErrors, code)) throw new RequestError(code as RequestErrorCode, message);
  throw new RequesterError("requester/refused", `${message} (${code})`);
}

type Answer = Readonly<Record<string, unknown>>;

function readAnswer(body: Uint8Array): Answer {
  try {
    const json: unknown = JSON.parse(fromUtf8(body));
    if (typeof json === "object" && json !== null) return json as Answer;
  } catch (cause) {
    throw new RequesterError("requester/unreadable-answer", "the register's answer is not JSON", { cause });
  }
  throw new RequesterError("requester/unreadable-answer", "the register's answer is not an object");
}

function isPromise(answer: Answer): answer is { index: number; at: number; digest: string } {
  const { index, at, digest } = answer;
  return Number.isSafeInteger(index) && Number.isSafeInteger(at) && typeof digest === "string";
}

function digestIn(text: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch (error) {
    if (error instanceof ProtocolError) return new Uint8Array();
    throw error;
  }
}

function refusalIn({ error }: Answer, status: number): { readonly code: string; readonly message: string } {
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  if (typeof code !== "string" || typeof message !== "string") {
    throw new RequesterError("requester/unreadable-answer", `the register answers with status ${status}`);
  }
  return { code, message };
}

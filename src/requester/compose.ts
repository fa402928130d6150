import type { Crypto } from "../protocol/crypto.ts";
import { type Signer, signStatement } from "../protocol/envelope.ts";
import { RequestError } from "../protocol/register/errors.ts";
import { type EntryKind, readSubmission } from "../protocol/register/leaf.ts";
import type { RuleBook } from "../protocol/register/rule-book.ts";
import { outcomeStatement, type RequestOutcome } from "../protocol/register/statements/outcome.ts";
import { embedCard, type Request, requestStatement } from "../protocol/register/statements/request.ts";

/** What a person says of a request; the rest follows from who asks, and where. */
export type RequestWish = Pick<
  Request,
  "agency" | "officer" | "caseNumber" | "offence" | "area" | "window" | "text" | "expires"
>;

/** A statement that a register would take now, as far as its log tells. */
export interface ComposedStatement {
  readonly kind: Extract<EntryKind, "request" | "outcome">;
  readonly envelope: Uint8Array;
  /** Names it from now on. */
  readonly digest: Uint8Array;
}

export interface ComposePorts {
  readonly crypto: Crypto;
  readonly signer: Signer;
  /** As of the newest checkpoint. */
  readonly book: RuleBook;
  readonly nowSeconds: number;
}

/**
 * Signs a request and judges it by every rule before it is sent.
 * @param card - Envelope of the requester's own recipient card: who answers shares with it.
 * @throws RequestError the rule that it breaks; ProtocolError `json/shape` for what no request can say.
 */
export async function composeRequest(
  ports: ComposePorts,
  card: Uint8Array,
  wish: RequestWish,
): Promise<ComposedStatement> {
  return signRequest(ports, { ...wish, text: wish.text.normalize("NFC"), card: embedCard(card), extends: null });
}

/**
 * The same case, place and time for longer. A register would let officer, offence and text change; here all but the expiry stays.
 * @throws as {@link composeRequest}.
 */
export async function composeExtension(
  ports: ComposePorts,
  card: Uint8Array,
  earlier: { readonly request: Request; readonly digest: Uint8Array },
  expires: number,
): Promise<ComposedStatement> {
  const { register: _register, requester: _requester, basis: _basis, ...same } = earlier.request;
  return signRequest(ports, { ...same, card: embedCard(card), expires, extends: earlier.digest });
}

/** What has become of the answers to a request, whether there were any or not. @throws as {@link composeRequest}. */
export async function composeOutcome(
  ports: ComposePorts,
  told: Pick<RequestOutcome, "request" | "outcome" | "day">,
): Promise<ComposedStatement> {
  const { crypto, signer, book } = ports;
  const payload = { register: book.register, requester: signer.publicKey, ...told };
  return judged(ports, "outcome", await signStatement(crypto, outcomeStatement, payload, signer));
}

async function signRequest(
  ports: ComposePorts,
  said: Omit<Request, "register" | "requester" | "basis">,
): Promise<ComposedStatement> {
  const { crypto, signer, book } = ports;
  const payload: Request = { register: book.register, requester: signer.publicKey, basis: "voluntary", ...said };
  return judged(ports, "request", await signStatement(crypto, requestStatement, payload, signer));
}

function judged(
  { crypto, book, nowSeconds }: ComposePorts,
  kind: ComposedStatement["kind"],
  envelope: Uint8Array,
): ComposedStatement {
  const entry = readSubmission(crypto, kind, envelope);
  const rules = book.judge(entry, Math.max(nowSeconds, book.lastAt));
  const verdict = rules.verdict === "accepted" ? book.checkSignatures(entry) : rules;
  if (verdict.verdict === "refused") throw new RequestError(verdict.code, verdict.message);
  return { kind, envelope, digest: entry.statement.digest };
}

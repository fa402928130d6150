/** An entry of a register's log: canonical JSON `{"at", <kind>}` around one signed statement. */

import { ascii } from "../bytes.ts";
import { decodeJson, encodeJson, type Json } from "../canonical-json.ts";
import type { Crypto } from "../crypto.ts";
import {
  type Envelope,
  MAX_STATEMENT_BYTES,
  readEmbeddedStatement,
  type StatementKind,
  statementDigests,
  statementOf,
  type UnverifiedStatement,
  walkEnvelopeOf,
} from "../envelope.ts";
import { TextWalk } from "../envelope-text.ts";
import { ProtocolError } from "../errors.ts";
import { isJsonObject } from "../shape.ts";
import { RequestError } from "./errors.ts";
import { accreditationStatement } from "./statements/accreditation.ts";
import { accreditationRevocationStatement } from "./statements/accreditation-revocation.ts";
import { outcomeStatement } from "./statements/outcome.ts";
import { registerStatement } from "./statements/register.ts";
import { requestStatement } from "./statements/request.ts";
import { rulesStatement } from "./statements/rules.ts";

/** Everything that a register takes. */
export const entryKinds = {
  register: registerStatement,
  rules: rulesStatement,
  accreditation: accreditationStatement,
  "accreditation-revocation": accreditationRevocationStatement,
  request: requestStatement,
  outcome: outcomeStatement,
} as const;

export type EntryKind = keyof typeof entryKinds;
type PayloadOf<K extends EntryKind> = (typeof entryKinds)[K] extends StatementKind<infer T> ? T : never;

/** A statement of a known kind whose form is right; nobody has looked at its signature. */
export type Entry = {
  readonly [K in EntryKind]: { readonly kind: K; readonly statement: UnverifiedStatement<PayloadOf<K>> };
}[EntryKind];
export type EntryOf<K extends EntryKind> = Extract<Entry, { readonly kind: K }>;

export interface Leaf {
  /** Unix seconds: when the register took the statement. */
  readonly at: number;
  readonly entry: Entry;
}

/** Room for the largest statement, its kind and the time. */
export const MAX_LEAF_BYTES = MAX_STATEMENT_BYTES + 64;

export const isEntryKind = (kind: string): kind is EntryKind => Object.hasOwn(entryKinds, kind);

const tooLarge = (): ProtocolError => new ProtocolError("statement/size", "statement above 16 KiB");

/** What the text of a leaf has beside its statement. */
const frameBytes = (kind: string, at: number): number => `{"at":${at},"${kind}":}`.length;

/**
 * Reads what somebody submits as a statement of this kind. Proves form only.
 * @throws {@link ProtocolError} as `readStatement`.
 */
export function readSubmission(crypto: Crypto, kind: EntryKind, envelope: Uint8Array): Entry {
  if (envelope.length > MAX_STATEMENT_BYTES) throw tooLarge();
  let json: Json;
  try {
    json = decodeJson(envelope);
  } catch (cause) {
    throw new ProtocolError("statement/encoding", "the statement is not canonical JSON", { cause });
  }
  return entryOf(crypto, kind, json);
}

/** The log's bytes for a statement taken at a time; `envelope` is canonical JSON already. */
export const encodeLeaf = (kind: EntryKind, at: number, envelope: Uint8Array): Uint8Array =>
  encodeJson({ at, [kind]: decodeJson(envelope) });

/**
 * Reads a log's entry. Proves form only: everything in it is the register's word, and the statement's its signer's.
 * @throws {@link RequestError} `register-leaf/shape`; {@link ProtocolError} as `readStatement`.
 */
export function readLeaf(crypto: Crypto, bytes: Uint8Array): Leaf {
  const walked = walkRequest(bytes);
  return walked === null ? parseLeaf(crypto, bytes) : leafOf(crypto, walked);
}

/**
 * Reads many entries, each as {@link readLeaf} does, and hashes the requests among them together.
 * @returns For each entry what reads it, or throws why not.
 */
export async function readLeaves(crypto: Crypto, entries: readonly Uint8Array[]): Promise<readonly (() => Leaf)[]> {
  const walked = entries.map(walkRequest);
  const payloads = walked.flatMap((request) => (request === null ? [] : [request.envelope.payload]));
  const digests = (await statementDigests(crypto, requestStatement, payloads)).values();
  return walked.map((request, i) => {
    if (request === null) return () => parseLeaf(crypto, entries[i] ?? new Uint8Array());
    const digest = digests.next().value;
    return () => leafOf(crypto, request, digest);
  });
}

interface WalkedRequest {
  readonly at: number;
  readonly envelope: Envelope;
}

const leafOf = (crypto: Crypto, { at, envelope }: WalkedRequest, digest?: Uint8Array): Leaf => ({
  at,
  entry: { kind: "request", statement: statementOf(crypto, requestStatement, envelope, digest) },
});

const BEFORE_TIME = ascii('{"at":');
const BEFORE_REQUEST = ascii(',"request":');
const END_OF_LEAF = ascii("}");

/** Nearly every leaf is a request, in the one form that registers write. Null for all others, and for one too large. */
function walkRequest(bytes: Uint8Array): WalkedRequest | null {
  const walk = new TextWalk(bytes);
  const at = walk.passes(BEFORE_TIME) ? walk.wholeNumber() : null;
  if (at === null || bytes.length - frameBytes("request", at) > MAX_STATEMENT_BYTES) return null;
  const envelope = walk.passes(BEFORE_REQUEST) ? walkEnvelopeOf(requestStatement, walk) : null;
  if (envelope === null || !walk.passes(END_OF_LEAF) || !walk.isAtEnd) return null;
  return { at, envelope };
}

/** Reads a leaf in any of its spellings. Exported so that tests can hold the short way to the same answers. */
export function parseLeaf(crypto: Crypto, bytes: Uint8Array): Leaf {
  if (bytes.length > MAX_LEAF_BYTES) throw new RequestError("register-leaf/shape", "leaf above its largest size");
  let json: Json;
  try {
    json = decodeJson(bytes);
  } catch (cause) {
    throw new RequestError("register-leaf/shape", "leaf that is not canonical JSON", { cause });
  }
  if (!isJsonObject(json)) throw new RequestError("register-leaf/shape", "leaf that is not an object");
  const { at, ...statements } = json;
  const [found, ...more] = Object.entries(statements);
  if (typeof at !== "number" || at < 0 || found === undefined || more.length > 0 || !isEntryKind(found[0])) {
    throw new RequestError(
      "register-leaf/shape",
      "leaf without a time or without exactly one statement of a known kind",
    );
  }
  const [kind, envelope] = found;
  if (bytes.length - frameBytes(kind, at) > MAX_STATEMENT_BYTES) throw tooLarge();
  return { at, entry: entryOf(crypto, kind, envelope) };
}

function entryOf(crypto: Crypto, kind: EntryKind, envelope: Json): Entry {
  // The table ties each kind to its payload; the type checker does not follow an index into it.
  return {
    kind,
    statement: readEmbeddedStatement(crypto, entryKinds[kind] as StatementKind<unknown>, envelope),
  } as Entry;
}

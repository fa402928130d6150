/**
 * Signed statements: DSSE v1 envelopes around canonical JSON. The type that a signature covers is always the one the
 * verifier expects; an envelope's own word for it can only make it fail.
 */

import { ascii, concatBytes, fromEitherBase64, toBase64, toBase64url } from "./bytes.ts";
import { decodeJson, encodeJson, type Json } from "./canonical-json.ts";
import type { Crypto } from "./crypto.ts";
import { type TextWalk, walkEnvelope } from "./envelope-text.ts";
import { ProtocolError } from "./errors.ts";
import { hashEach, ownHash } from "./hash.ts";
import { array, integer, isJsonObject, object, type Shape, text } from "./shape.ts";

export type Kind =
  | "manifest"
  | "clip-key"
  | "member"
  | "pairing"
  | "consent"
  | "release"
  | "revocation"
  | "receipt"
  | "recipient-card"
  | "audit-head"
  | "recovery"
  | "recovery-claim"
  | "app-bundle"
  | "register"
  | "rules"
  | "accreditation"
  | "accreditation-revocation"
  | "request"
  | "outcome"
  | "live-offer"
  | "live-answer";

/** One kind of statement. The shape leaves out `version`, which every payload has and this file handles. */
export interface StatementKind<T> {
  readonly kind: Kind;
  readonly shape: Shape<T>;
}

/** Whoever can sign; asynchronous because a browser's key may live where only the engine can reach it. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The whole envelope. */
export const MAX_STATEMENT_BYTES = 16_384;

const VERSION = 1;
const versionShape = integer(0, Number.MAX_SAFE_INTEGER);

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  /** A hint among known keys, never evidence. */
  readonly keyid: string;
  readonly signature: Uint8Array;
}

/** A statement whose form is right and whose signature nobody has looked at. */
export interface UnverifiedStatement<T> {
  readonly payload: T;
  readonly payloadBytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly keyid: string;
  readonly signature: Uint8Array;
  /** What the signature has to cover. */
  readonly message: Uint8Array;
}

export interface Statement<T> {
  readonly payload: T;
  readonly payloadBytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly signer: Uint8Array;
}

const payloadType = (kind: Kind): string => `application/vnd.doorward.${kind}.v1+json`;

/** DSSE's pre-authentication encoding, up to the payload. Types are ASCII. */
function preAuthenticationHead(kind: Kind, payload: Uint8Array): Uint8Array {
  const type = payloadType(kind);
  return ascii(`DSSEv1 ${type.length} ${type} ${payload.length} `);
}

const preAuthentication = (kind: Kind, payload: Uint8Array): Uint8Array =>
  concatBytes(preAuthenticationHead(kind, payload), payload);

/** SHA-256 of the PAE: the same for every signer of one payload, whatever the envelope looks like. */
export function statementDigest(
  crypto: Crypto,
  kind: Pick<StatementKind<unknown>, "kind">,
  payloadBytes: Uint8Array,
): Uint8Array {
  return crypto.sha256(preAuthenticationHead(kind.kind, payloadBytes), payloadBytes);
}

/** {@link statementDigest} of many statements of one kind. */
export const statementDigests = (
  crypto: Crypto,
  { kind }: Pick<StatementKind<unknown>, "kind">,
  payloads: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> =>
  hashEach(
    crypto,
    payloads.map((payload) => [preAuthenticationHead(kind, payload), payload]),
  );

export function keyId(crypto: Crypto, publicKey: Uint8Array): string {
  return toBase64url(ownHash(crypto, "key-id", publicKey).subarray(0, 16));
}

export function seedSigner(crypto: Crypto, seed: Uint8Array): Signer {
  const pair = crypto.signingKeyFromSeed(seed);
  return { publicKey: pair.publicKey, sign: (message) => Promise.resolve(crypto.sign(pair.secretKey, message)) };
}

export function encodePayload<T>(kind: StatementKind<T>, payload: T): Uint8Array {
  const json = kind.shape.write(payload);
  if (!isJsonObject(json)) throw new TypeError(`the ${kind.kind} shape does not write an object`);
  kind.shape.read(json);
  return encodeJson({ ...json, version: VERSION });
}

/** Wraps a payload and a signature over it that was made elsewhere. */
export function encodeEnvelope(
  kind: Pick<StatementKind<unknown>, "kind">,
  payloadBytes: Uint8Array,
  keyid: string,
  signature: Uint8Array,
): Uint8Array {
  return encodeJson({
    payload: toBase64(payloadBytes),
    payloadType: payloadType(kind.kind),
    signatures: [{ keyid, sig: toBase64(signature) }],
  });
}

/** Signs exactly these payload bytes, so that several owners can sign one and the same payload. */
export async function signPayload(
  crypto: Crypto,
  kind: Pick<StatementKind<unknown>, "kind">,
  payloadBytes: Uint8Array,
  signer: Signer,
): Promise<Uint8Array> {
  const signature = await signer.sign(preAuthentication(kind.kind, payloadBytes));
  const envelope = encodeEnvelope(kind, payloadBytes, keyId(crypto, signer.publicKey), signature);
  if (envelope.length > MAX_STATEMENT_BYTES) throw new ProtocolError("statement/size", "statement above 16 KiB");
  return envelope;
}

/** @throws {@link ProtocolError} `json/shape` for a payload that no reader would take. */
export function signStatement<T>(
  crypto: Crypto,
  kind: StatementKind<T>,
  payload: T,
  signer: Signer,
): Promise<Uint8Array> {
  return signPayload(crypto, kind, encodePayload(kind, payload), signer);
}

const envelopeShape = object({
  payload: text(MAX_STATEMENT_BYTES),
  payloadType: text(128),
  signatures: array(object({ keyid: text(64), sig: text(128) }), 1),
});

/** Gives a statement's own code to what went wrong inside it. */
function asStatementError<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    const code = cause.code === "json/shape" ? "statement/shape" : "statement/encoding";
    throw new ProtocolError(code, cause.message, { cause });
  }
}

/**
 * Takes an envelope apart. Proves nothing: every field is the sender's.
 * @throws {@link ProtocolError} `statement/size`, `statement/encoding`, `statement/shape`.
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > MAX_STATEMENT_BYTES) throw new ProtocolError("statement/size", "statement above 16 KiB");
  return asStatementError(() => envelopeOf(decodeJson(bytes)));
}

function envelopeOf(json: Json): Envelope {
  const { payload, payloadType: type, signatures } = envelopeShape.read(json);
  const signature = signatures[0];
  if (signature === undefined) throw new ProtocolError("json/shape", "envelope without a signature");
  return {
    payload: fromEitherBase64(payload),
    payloadType: type,
    keyid: signature.keyid,
    signature: fromEitherBase64(signature.sig),
  };
}

/** @throws {@link ProtocolError} `statement/encoding`, `statement/shape`, `statement/version`, in this order. */
export function decodePayload<T>(kind: StatementKind<T>, payloadBytes: Uint8Array): T {
  const { version, payload } = asStatementError(() => {
    const json = decodeJson(payloadBytes);
    if (!isJsonObject(json)) throw new ProtocolError("json/shape", "payload is not an object");
    const { version: versionJson, ...members } = json;
    const readVersion = versionShape.read(versionJson ?? null);
    return { version: readVersion, payload: kind.shape.read(members) };
  });
  if (version !== VERSION) throw new ProtocolError("statement/version", `version ${version} is not known`);
  return payload;
}

/**
 * Reads a statement without looking at its signature, for checks that come before it.
 * @throws {@link ProtocolError} `statement/size`, `statement/encoding`, `statement/shape`, `statement/version`.
 */
export function readStatement<T>(crypto: Crypto, kind: StatementKind<T>, envelope: Uint8Array): UnverifiedStatement<T> {
  return statementOf(crypto, kind, parseEnvelope(envelope));
}

/**
 * Reads a statement whose envelope stands within other canonical JSON of bounded size.
 * @throws {@link ProtocolError} `statement/encoding`, `statement/shape`, `statement/version`.
 */
export function readEmbeddedStatement<T>(
  crypto: Crypto,
  kind: StatementKind<T>,
  envelope: Json,
): UnverifiedStatement<T> {
  return statementOf(
    crypto,
    kind,
    asStatementError(() => envelopeOf(envelope)),
  );
}

const typeTexts = new Map<Kind, Uint8Array>();

function typeTextOf(kind: Kind): Uint8Array {
  const known = typeTexts.get(kind);
  if (known !== undefined) return known;
  const text = ascii(`","payloadType":"${payloadType(kind)}`);
  typeTexts.set(kind, text);
  return text;
}

/** The envelope of a statement of this kind at a place of a text; null as {@link walkEnvelope}: then the parser decides. */
export const walkEnvelopeOf = ({ kind }: Pick<StatementKind<unknown>, "kind">, walk: TextWalk): Envelope | null =>
  walkEnvelope(walk, payloadType(kind), typeTextOf(kind));

/**
 * Reads what an envelope holds.
 * @param known - The statement's digest, where it was hashed with others.
 * @throws {@link ProtocolError} `statement/encoding`, `statement/shape`, `statement/version`.
 */
export function statementOf<T>(
  crypto: Crypto,
  kind: StatementKind<T>,
  envelope: Envelope,
  known?: Uint8Array,
): UnverifiedStatement<T> {
  const { payload: payloadBytes, payloadType: type, keyid, signature } = envelope;
  if (type !== payloadType(kind.kind)) throw new ProtocolError("statement/shape", `not a ${kind.kind} statement`);
  const payload = decodePayload(kind, payloadBytes);
  return {
    payload,
    payloadBytes,
    digest: known ?? statementDigest(crypto, kind, payloadBytes),
    keyid,
    signature,
    // Most statements of a log are read and never verified, so this is put together when asked for.
    get message() {
      return preAuthentication(kind.kind, payloadBytes);
    },
  };
}

/** Checks the key as well as the signature. @throws {@link ProtocolError} `statement/signature`. */
export function verifyStatement<T>(
  crypto: Crypto,
  statement: UnverifiedStatement<T>,
  publicKey: Uint8Array,
): Statement<T> {
  const { payload, payloadBytes, digest, message, signature } = statement;
  if (!crypto.checkPublicKey(publicKey) || !crypto.verify(publicKey, message, signature)) {
    throw new ProtocolError("statement/signature", "signature does not verify");
  }
  return { payload, payloadBytes, digest, signer: publicKey };
}

/**
 * Reads and verifies a statement: under one key, whatever `keyid` says, or under that of the known keys it names.
 * @throws {@link ProtocolError} as {@link readStatement}, then `statement/unknown-signer`, `statement/signature`.
 */
export function openStatement<T>(
  crypto: Crypto,
  kind: StatementKind<T>,
  envelope: Uint8Array,
  signer: Uint8Array | readonly Uint8Array[],
): Statement<T> {
  const statement = readStatement(crypto, kind, envelope);
  const publicKey =
    signer instanceof Uint8Array ? signer : signer.find((key) => keyId(crypto, key) === statement.keyid);
  if (publicKey === undefined) throw new ProtocolError("statement/unknown-signer", "signer is not known");
  return verifyStatement(crypto, statement, publicKey);
}

/** Opens a statement that carries its signer's key itself: a manifest, a recipient card. @throws as {@link openStatement}. */
export function openSelfSigned<T>(
  crypto: Crypto,
  kind: StatementKind<T>,
  envelope: Uint8Array,
  keyOf: (payload: T) => Uint8Array,
): Statement<T> {
  const statement = readStatement(crypto, kind, envelope);
  return verifyStatement(crypto, statement, keyOf(statement.payload));
}

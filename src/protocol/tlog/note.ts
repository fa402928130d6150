/** Signed notes and verifier keys, as c2sp.org/signed-note has them, with the two Ed25519 kinds of signature. */

import { concatBytes, equalBytes, fromBase64, fromUtf8, readU32, readU64, toBase64, u32, u64, utf8 } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { type Signer, seedSigner } from "../envelope.ts";
import { ProtocolError } from "../errors.ts";
import { LogError, type LogErrorCode } from "./errors.ts";

/** Room for sixteen post-quantum signatures, which every reader has to take although we verify none of them. */
export const MAX_NOTE_BYTES = 131_072;
const MAX_SIGNATURES = 64;
const NEWLINE = 0x0a;
const SIGNING_KEY_PREFIX = "PRIVATE+KEY+";

/** Signature types of c2sp.org/signed-note: a plain signature, and a witness's, which carries its time. */
export const SIGNATURE_TYPES = { ed25519: 0x01, "cosignature/v1": 0x04 } as const;
export type SignatureType = keyof typeof SIGNATURE_TYPES;

/** A key that is trusted to sign notes: name and id say which line is its own, the public key whether it is. */
export interface VerifierKey {
  readonly name: string;
  /** The first four bytes of a hash, as a number. */
  readonly id: number;
  readonly type: SignatureType;
  /** 32 bytes, checked to be a good Ed25519 key. */
  readonly publicKey: Uint8Array;
}

/** One signature line. Name and id are the sender's words until a {@link VerifierKey} proves them. */
export interface NoteSignature {
  readonly name: string;
  readonly id: number;
  /** All after the key id. */
  readonly bytes: Uint8Array;
}

export interface SignedNote {
  /** With its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** What a key says about a note. */
export type NoteVerdict =
  | { readonly verdict: "absent" }
  | { readonly verdict: "false" }
  /** `time`: a cosignature's, in seconds since 1970; null for a plain signature. */
  | { readonly verdict: "true"; readonly time: number | null };

const malformed = (message: string): LogError => new LogError("log/malformed", message);

const isKeyName = (name: string): boolean => name !== "" && !/[\p{White_Space}\p{Cc}+]/u.test(name);

/** Gives this folder's code to bytes that are no strict text. */
export function strictly<T>(code: LogErrorCode, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new LogError(code, `${what}: ${cause.message}`, { cause });
  }
}

function keyIdOf(crypto: Crypto, name: string, type: SignatureType, publicKey: Uint8Array): number {
  return readU32(crypto.sha256(utf8(`${name}\n`), Uint8Array.of(SIGNATURE_TYPES[type]), publicKey), 0);
}

/** @throws {@link LogError} `log/key` for a name or public key that no note may have. */
export function verifierKey(crypto: Crypto, name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new LogError("log/key", "a key's name must have no space and no plus sign");
  if (!crypto.checkPublicKey(publicKey)) throw new LogError("log/key", "not a good Ed25519 public key");
  return { name, id: keyIdOf(crypto, name, type, publicKey), type, publicKey };
}

/** `name+hash+base64`. */
export function encodeVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  const material = concatBytes(Uint8Array.of(SIGNATURE_TYPES[type]), publicKey);
  return `${name}+${id.toString(16).padStart(8, "0")}+${toBase64(material)}`;
}

/**
 * Reads `name+hash+base64`. Whoever configures the key trusts it; here it is only found to be well formed.
 * @throws {@link LogError} `log/key`.
 */
export function parseVerifierKey(crypto: Crypto, text: string): VerifierKey {
  const { name, hash, type, material } = parseKeyText(text);
  const key = verifierKey(crypto, name, type, material);
  if (key.id !== hash) throw new LogError("log/key", "the hash is not that of the key");
  return key;
}

interface KeyText {
  readonly name: string;
  readonly hash: number;
  readonly type: SignatureType;
  readonly material: Uint8Array;
}

function parseKeyText(text: string): KeyText {
  const [, name, hash, base64] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? [];
  if (name === undefined || hash === undefined || base64 === undefined) {
    throw new LogError("log/key", "not of the form name+hash+base64");
  }
  const material = strictly("log/key", "key", () => fromBase64(base64));
  const type = (Object.keys(SIGNATURE_TYPES) as SignatureType[]).find((one) => SIGNATURE_TYPES[one] === material[0]);
  if (type === undefined) throw new LogError("log/key", `signature type ${material[0] ?? "none"} is not supported`);
  return { name, hash: Number.parseInt(hash, 16), type, material: material.slice(1) };
}

/** A signer's secret in the text form of Go's sumdb/note, which other tools for notes read too. */
export function encodeSigningKey({ name, id, type }: VerifierKey, seed: Uint8Array): string {
  const material = concatBytes(Uint8Array.of(SIGNATURE_TYPES[type]), seed);
  return `${SIGNING_KEY_PREFIX}${name}+${id.toString(16).padStart(8, "0")}+${toBase64(material)}`;
}

/** @throws {@link LogError} `log/key`. */
export function parseSigningKey(crypto: Crypto, text: string): { readonly key: VerifierKey; readonly signer: Signer } {
  const { name, hash, type, material } = parseKeyText(
    text.startsWith(SIGNING_KEY_PREFIX) ? text.slice(SIGNING_KEY_PREFIX.length) : "",
  );
  if (material.length !== 32) throw new LogError("log/key", `a seed of ${material.length} bytes`);
  const signer = seedSigner(crypto, material);
  const key = verifierKey(crypto, name, type, signer.publicKey);
  if (key.id !== hash) throw new LogError("log/key", "the hash is not that of the key");
  return { key, signer };
}

/**
 * Takes a note apart. Proves nothing: the text must be ignored until {@link checkNote} says that a trusted key signed it.
 * @throws {@link LogError} `log/malformed`.
 */
export function parseNote(bytes: Uint8Array): SignedNote {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed(`a note longer than ${MAX_NOTE_BYTES} bytes`);
  const whole = strictly("log/malformed", "note", () => fromUtf8(bytes));
  if (bytes.some((byte) => byte < 0x20 && byte !== NEWLINE)) throw malformed("a note with a control character");
  const split = whole.lastIndexOf("\n\n");
  if (split < 0) throw malformed("a note without an empty line before its signatures");
  return { text: whole.slice(0, split + 1), signatures: parseSignatureLines(whole.slice(split + 2)) };
}

/**
 * Reads signature lines alone, as a witness answers with them.
 * @throws {@link LogError} `log/malformed`.
 */
export function parseSignatureLines(text: string): NoteSignature[] {
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length === 0) throw malformed("signatures do not end in a newline");
  if (lines.length > MAX_SIGNATURES) throw malformed(`more than ${MAX_SIGNATURES} signatures`);
  return lines.map(parseSignatureLine);
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, base64] = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  if (name === undefined || base64 === undefined || !isKeyName(name)) throw malformed("not a signature line");
  const bytes = strictly("log/malformed", "signature line", () => fromBase64(base64));
  if (bytes.length < 5) throw malformed("a signature line without a signature");
  return { name, id: readU32(bytes, 0), bytes: bytes.slice(4) };
}

export const encodeSignatureLine = ({ name, id, bytes }: NoteSignature): string =>
  `\u2014 ${name} ${toBase64(concatBytes(u32(id), bytes))}\n`;

export const encodeNote = ({ text, signatures }: SignedNote): Uint8Array =>
  utf8(`${text}\n${signatures.map(encodeSignatureLine).join("")}`);

/** What a cosignature covers: the time, then the note's whole text. c2sp.org/tlog-cosignature. */
const cosignedMessage = (text: string, time: number): Uint8Array => utf8(`cosignature/v1\ntime ${time}\n${text}`);

/** Signs a note's text with a plain Ed25519 key. */
export async function signNote(text: string, key: VerifierKey, signer: Signer): Promise<NoteSignature> {
  assertOwn(key, "ed25519", signer);
  return { name: key.name, id: key.id, bytes: await signer.sign(utf8(text)) };
}

/** @param time - Seconds since 1970, not zero. */
export async function cosignNote(text: string, key: VerifierKey, signer: Signer, time: number): Promise<NoteSignature> {
  assertOwn(key, "cosignature/v1", signer);
  if (time === 0) throw new RangeError("a cosignature needs its time");
  return { name: key.name, id: key.id, bytes: concatBytes(u64(time), await signer.sign(cosignedMessage(text, time))) };
}

function assertOwn(key: VerifierKey, type: SignatureType, signer: Signer): void {
  if (key.type !== type || !equalBytes(key.publicKey, signer.publicKey)) {
    throw new RangeError(`${key.name} is not this signer's ${type} key`);
  }
}

/**
 * What one trusted key says about a note. Lines of other keys, also of one that shares its name or its id, are not looked at;
 * of several lines of its own all have to hold, and the newest time counts.
 */
export function checkNote(crypto: Crypto, note: SignedNote, key: VerifierKey): NoteVerdict {
  const own = note.signatures.filter(({ name, id }) => name === key.name && id === key.id);
  if (own.length === 0) return { verdict: "absent" };
  const times = own.map(({ bytes }) => checkSignature(crypto, note.text, key, bytes));
  if (times.includes(false)) return { verdict: "false" };
  const newest = times.reduce<number | null>(
    (most, time) => (typeof time === "number" && time > (most ?? 0) ? time : most),
    null,
  );
  return { verdict: "true", time: newest };
}

/** False, or the time of a cosignature, or null for a plain signature that holds. */
function checkSignature(crypto: Crypto, text: string, key: VerifierKey, bytes: Uint8Array): number | null | false {
  if (key.type === "ed25519") return crypto.verify(key.publicKey, utf8(text), bytes) ? null : false;
  if (bytes.length !== 72) return false;
  const time = timeOf(bytes);
  if (time === null) return false;
  return crypto.verify(key.publicKey, cosignedMessage(text, time), bytes.subarray(8)) ? time : false;
}

/** Null for no time at all and for one beyond 2^53-1 seconds, which no clock shows. */
function timeOf(bytes: Uint8Array): number | null {
  try {
    return readU64(bytes, 0) || null;
  } catch {
    return null;
  }
}

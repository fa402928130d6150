/**
 * The device's audit log as anyone sees it who holds its bytes: sequence, day and chain hash are clear, the entry is
 * sealed to the members of its day. `chain = ownHash("audit", previous chain 32, sequence 8, day 4, SHA-256(sealed) 32)`,
 * beginning with sequence 1 after 32 zero bytes.
 * Sealed: `wraps 1 · wrap 84 each · secretbox(entry)`, key random per row, nonce zero, one wrap of the key per member.
 */

import { concatBytes, equalBytes, readU32, readU64, u32, u64, wipe } from "./bytes.ts";
import { decodeJson, encodeJson, type Json } from "./canonical-json.ts";
import { BOX_OVERHEAD_BYTES, type BoxKeyPair, type Crypto } from "./crypto.ts";
import { openStatement } from "./envelope.ts";
import { ownHash } from "./hash.ts";
import {
  array,
  boolean,
  bytes,
  integer,
  isJsonObject,
  literal,
  nullable,
  object,
  text,
  type ValueOf,
} from "./shape.ts";
import { auditHeadStatement } from "./statements/audit-head.ts";
import { openWrap, parseWrap, WRAP_BYTES, wrapSeed } from "./wrap.ts";

const KEY_BYTES = 32;
const CHAIN_BYTES = 32;
const MAX_SIGNERS = 16;
/** Every entry is padded to this, so that a row's length tells no kind apart. */
const PADDED_ENTRY_BYTES = 2048;
const ZERO_NONCE = new Uint8Array(24);
const EXPORT_ROW_HEAD_BYTES = 8 + 4 + CHAIN_BYTES + 4;

const seconds = integer(0, Number.MAX_SAFE_INTEGER);
const id = bytes(16);
const key = bytes(32);
const digest = bytes(32);
const lane = object({ lane: integer(1, 4), first: integer(0, 0xffff_ffff), end: integer(0, 0xffff_ffff) });
const entry = <const Kind extends string>(kind: Kind) => ({ at: seconds, kind: literal(kind) });

const entryShapes = {
  /** A share left the device; `consent` is the digest of the payload that all signers signed. */
  release: object({
    ...entry("release"),
    token: id,
    clip: id,
    lanes: array(lane, 4),
    recipient: digest,
    request: nullable(digest),
    consent: digest,
    basis: literal("own", "voluntary", "compelled"),
    signers: array(key, MAX_SIGNERS),
  }),
  pairing: object({ ...entry("pairing"), member: key }),
  household: object({
    ...entry("household"),
    state: seconds,
    member: key,
    role: literal("owner", "viewer", "none"),
    quorum: integer(1, MAX_SIGNERS),
  }),
  /** `member` null: switched at the device itself. */
  privacy: object({ ...entry("privacy"), on: boolean, member: nullable(key) }),
  /** Names of the settings that changed, never their values. */
  config: object({ ...entry("config"), settings: array(text(64), 16) }),
  /** Only of a token that had been released: before that, a consent leaves no trace. */
  revocation: object({ ...entry("revocation"), token: id, member: key }),
  /** `member`: the owner who registered words or ended a claim, or else the phone that claims. */
  recovery: object({
    ...entry("recovery"),
    step: literal("registered", "removed", "claimed", "cancelled", "done"),
    member: key,
  }),
  "live-session": object({ ...entry("live-session"), member: key, seconds }),
} as const;

export type AuditKind = keyof typeof entryShapes;
/** `at` is unix seconds by the device's clock. */
export type AuditEntry = { [K in AuditKind]: ValueOf<(typeof entryShapes)[K]> }[AuditKind];

export interface AuditRow {
  readonly sequence: number;
  /** UTC day number; never falls. */
  readonly day: number;
  readonly sealed: Uint8Array;
  /** 32 bytes. */
  readonly chain: Uint8Array;
}

export interface AuditPosition {
  readonly sequence: number;
  readonly chain: Uint8Array;
}

/** Where every chain begins. */
export const AUDIT_START: AuditPosition = { sequence: 0, chain: new Uint8Array(CHAIN_BYTES) };

export type AuditVerdict =
  | { readonly verdict: "ok"; readonly position: AuditPosition }
  | {
      readonly verdict: "sequence" | "day" | "chain" | "head-signature" | "head";
      readonly sequence: number;
      readonly text: string;
    };

export function chainAfter(
  crypto: Crypto,
  previous: Uint8Array,
  sequence: number,
  day: number,
  sealed: Uint8Array,
): Uint8Array {
  return ownHash(crypto, "audit", previous, u64(sequence), u32(day), crypto.sha256(sealed));
}

/** Seals an entry to the members' keys of the day. Sealed to nobody it is still a link of the chain. */
export function sealAuditEntry(
  crypto: Crypto,
  value: AuditEntry,
  members: readonly { readonly day: number; readonly publicKey: Uint8Array }[],
): Uint8Array {
  if (members.length > 0xff) throw new RangeError("more than 255 members");
  const json = encodeJson(shapeOf(value.kind).write(value));
  if (json.length > PADDED_ENTRY_BYTES - 4) throw new RangeError("audit entry too long");
  const padded = new Uint8Array(PADDED_ENTRY_BYTES);
  padded.set(u32(json.length));
  padded.set(json, 4);
  const entryKey = crypto.randomBytes(KEY_BYTES);
  const wraps = members.map((member) => wrapSeed(crypto, member.day, member.publicKey, entryKey));
  const box = crypto.secretbox(padded, ZERO_NONCE, entryKey);
  wipe(entryKey, padded);
  return concatBytes(Uint8Array.of(wraps.length), ...wraps, box);
}

/**
 * Opens a row for one member, or null: not sealed to this member, the day's key is gone, or the row is not well formed.
 * @param dayKeyOf - The member's box key of a day, or null when it is deleted or not yet known.
 */
export function openAuditRow(
  crypto: Crypto,
  row: Pick<AuditRow, "sealed">,
  dayKeyOf: (day: number) => BoxKeyPair | null,
): AuditEntry | null {
  const parts = splitSealed(row.sealed);
  if (parts === null) return null;
  for (const wrap of parts.wraps) {
    const dayKey = dayKeyOf(parseWrap(wrap).day);
    const entryKey = dayKey === null ? null : openWrap(crypto, wrap, dayKey);
    if (entryKey === null) continue;
    const padded = crypto.openSecretbox(parts.box, ZERO_NONCE, entryKey);
    return padded === null ? null : readEntry(padded);
  }
  return null;
}

/**
 * Recomputes the chain over rows that follow `start`, and compares the signed head when one is given.
 * A head proves only that the device once vouched for exactly these rows: compare it with the last head you saw.
 */
export function verifyAuditChain(
  crypto: Crypto,
  rows: Iterable<AuditRow>,
  options: {
    readonly start?: AuditPosition;
    readonly head?: { readonly envelope: Uint8Array; readonly device: Uint8Array };
  } = {},
): AuditVerdict {
  let { sequence, chain } = options.start ?? AUDIT_START;
  let day = 0;
  for (const row of rows) {
    if (row.sequence !== sequence + 1) return wrong(row, "sequence", `row ${sequence + 1} is missing`);
    if (row.day < day) return wrong(row, "day", `row ${row.sequence} is dated before the row ahead of it`);
    if (!equalBytes(chainAfter(crypto, chain, row.sequence, row.day, row.sealed), row.chain)) {
      return wrong(row, "chain", `row ${row.sequence} was changed, or a row ahead of it`);
    }
    ({ sequence, day, chain } = row);
  }
  return options.head === undefined
    ? { verdict: "ok", position: { sequence, chain } }
    : compareHead(crypto, { sequence, chain }, options.head.envelope, options.head.device);
}

const wrong = (row: AuditRow, verdict: "sequence" | "day" | "chain", reason: string): AuditVerdict => ({
  verdict,
  sequence: row.sequence,
  text: reason,
});

function compareHead(crypto: Crypto, position: AuditPosition, envelope: Uint8Array, device: Uint8Array): AuditVerdict {
  const { sequence } = position;
  let payload: { device: Uint8Array; sequence: number; chain: Uint8Array };
  try {
    payload = openStatement(crypto, auditHeadStatement, envelope, device).payload;
  } catch {
    return { verdict: "head-signature", sequence, text: "the head is not signed by this device" };
  }
  const matches =
    payload.sequence === sequence && equalBytes(payload.chain, position.chain) && equalBytes(payload.device, device);
  return matches
    ? { verdict: "ok", position }
    : {
        verdict: "head",
        sequence,
        text: `the head names row ${payload.sequence}, the rows end with ${sequence}, or they differ`,
      };
}

/** Rows and a signed head as one file: `head length 4 · head · (sequence 8 · day 4 · chain 32 · sealed length 4 · sealed)*`. */
export function writeAuditExport(head: Uint8Array, rows: readonly AuditRow[]): Uint8Array {
  const parts = rows.flatMap((row) => [u64(row.sequence), u32(row.day), row.chain, u32(row.sealed.length), row.sealed]);
  return concatBytes(u32(head.length), head, ...parts);
}

/** Takes an export apart without believing it, or null when it is not one. */
export function readAuditExport(file: Uint8Array): { head: Uint8Array; rows: AuditRow[] } | null {
  if (file.length < 4 || file.length < 4 + readU32(file, 0)) return null;
  let at = 4 + readU32(file, 0);
  const head = file.slice(4, at);
  const rows: AuditRow[] = [];
  while (at < file.length) {
    const sealedAt = at + EXPORT_ROW_HEAD_BYTES;
    if (sealedAt > file.length || sealedAt + readU32(file, sealedAt - 4) > file.length) return null;
    if (readU32(file, at) > 0x1f_ffff) return null; // beyond 2^53-1
    const end = sealedAt + readU32(file, sealedAt - 4);
    rows.push({
      sequence: readU64(file, at),
      day: readU32(file, at + 8),
      chain: file.slice(at + 12, at + 12 + CHAIN_BYTES),
      sealed: file.slice(sealedAt, end),
    });
    at = end;
  }
  return { head, rows };
}

const wrapAt = (i: number): number => 1 + i * WRAP_BYTES;

function splitSealed(sealed: Uint8Array): { wraps: Uint8Array[]; box: Uint8Array } | null {
  const count = sealed[0];
  if (count === undefined || sealed.length !== 1 + count * WRAP_BYTES + PADDED_ENTRY_BYTES + BOX_OVERHEAD_BYTES)
    return null;
  const wraps = Array.from({ length: count }, (_, i) => sealed.subarray(wrapAt(i), wrapAt(i + 1)));
  return { wraps, box: sealed.subarray(wrapAt(count)) };
}

function readEntry(padded: Uint8Array): AuditEntry | null {
  const length = readU32(padded, 0);
  if (length > padded.length - 4) return null;
  try {
    const json = decodeJson(padded.subarray(4, 4 + length));
    const kind = isJsonObject(json) && typeof json.kind === "string" ? json.kind : "";
    return Object.hasOwn(entryShapes, kind) ? shapeOf(kind as AuditKind).read(json) : null;
  } catch {
    return null; // a member's own device wrote it; one that cannot be read is shown as unreadable
  }
}

/** The shape of one kind, seen as the shape of any entry: `kind` was just used to choose it. */
const shapeOf = (kind: AuditKind): { read(json: Json): AuditEntry; write(value: AuditEntry): Json } =>
  entryShapes[kind];

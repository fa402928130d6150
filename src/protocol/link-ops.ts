/**
 * What a member may ask a doorbell over the link, and what comes back: one entry per operation, the same for both ends.
 * Bulk bytes ride as the message's attachment; its form is given in each comment. A refused request is answered with
 * silence (invariant I5).
 */
import { concatBytes, fromUtf8, readU32, u32, utf8 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";
import { array, boolean, bytes, integer, literal, nullable, object, type Shape, text } from "./shape.ts";

export interface LinkOp<Args, Result> {
  readonly name: string;
  readonly args: Shape<Args>;
  readonly result: Shape<Result>;
}

const op = <Args, Result>(name: string, args: Shape<Args>, result: Shape<Result>): LinkOp<Args, Result> => ({
  name,
  args,
  result,
});

const none = object({});
const clipId = bytes(16);
const token = bytes(16);
const key = bytes(32);
const count = integer(0, 0xffff_ffff);
const milliseconds = integer(0, Number.MAX_SAFE_INTEGER);

/** Most bytes of ciphertext in one answer; a fragment larger than this travels in parts. */
export const MAX_ATTACHMENT_BYTES = 512 * 1024;

const leafCounts = object({ video: count, audio: count, thumbnail: count, meta: count });
const clipRow = object({
  id: clipId,
  day: count,
  bytes: milliseconds,
  pinned: boolean,
  state: literal("open", "sealed", "damaged"),
  leaves: leafCounts,
});
const role = literal("owner", "viewer");
const shareRow = object({
  token,
  state: literal("waiting", "undo-window", "delivering", "delivered", "revoked", "void"),
  missingSigners: count,
  undoRemainingMs: milliseconds,
});
const deviceStatus = object({
  name: text(120),
  camera: literal("on", "lost", "privacy"),
  privacy: boolean,
  clockSynced: boolean,
  clips: count,
  bytes: milliseconds,
  quotaBytes: milliseconds,
  undoMs: milliseconds,
});

export const linkOps = {
  status: op("status", none, deviceStatus),
  /** Newest first. `before` is the last id of the previous page, null for the first. */
  clips: op(
    "clips",
    object({ sinceDay: nullable(count), before: nullable(clipId), limit: integer(1, 500) }),
    object({ clips: array(clipRow, 500) }),
  ),
  /** Attachment: {@link encodeClipHead}. */
  clipHead: op("clip-head", object({ clip: clipId }), object({ day: count })),
  /**
   * Ciphertexts of consecutive indexes, as many as fit; attachment: {@link encodeParts}. `offset` counts bytes into fragment
   * `first`, whose total length is `length`: a fragment larger than an attachment is fetched in several requests.
   */
  fragments: op(
    "fragments",
    object({ clip: clipId, lane: integer(1, 4), first: count, end: count, offset: count }),
    object({ first: count, whole: count, length: count }),
  ),
  challenge: op("challenge", none, object({ challenge: bytes(16) })),
  /** Attachment: {@link encodeSubmission}. */
  consent: op(
    "consent",
    none,
    object({ state: literal("waiting", "undo-window"), missingSigners: count, undoMs: milliseconds }),
  ),
  /** Attachment: the revocation's envelope. Serves undo, too: before the first byte nothing has left. */
  revoke: op("revoke", none, object({ revoked: boolean })),
  shares: op("shares", none, object({ shares: array(shareRow, 10_000) })),
  /** Consents that wait for more signers. Attachment: {@link encodeParts} of one {@link encodeSubmission} each. */
  waiting: op("waiting", none, object({ tokens: array(token, 64) })),
  household: op(
    "household",
    none,
    object({ state: count, quorum: count, members: array(object({ signKey: key, role }), 64) }),
  ),
  /** Attachment: a `member` envelope. */
  householdChange: op(
    "household-change",
    none,
    object({ state: literal("waiting", "applied"), missingSigners: count }),
  ),
  /** Opens the pairing window for one more phone; the answer is the text of its QR code. */
  invite: op("invite", none, object({ qrText: text(2000), closesAfterMs: milliseconds })),
  dayKeys: op("day-keys", object({ firstDay: count, keys: array(key, 366) }), none),
  privacy: op("privacy", object({ on: boolean }), object({ on: boolean })),
  pin: op("pin", object({ clip: clipId }), none),
  unpin: op("unpin", object({ clip: clipId }), none),
  erase: op("erase", object({ clip: clipId }), none),
  /** Attachment: the audit export of protocol/audit-chain.ts. */
  audit: op("audit", object({ after: count, limit: integer(1, 500) }), none),
} as const;

/** Notices go to every member that listens; losing one loses no data. */
export const linkNotices = {
  ring: object({ atMs: milliseconds }),
  motion: object({ atMs: milliseconds }),
  clipOpened: object({ clip: clipId }),
  clipSealed: object({ clip: clipId }),
  camera: object({ state: literal("on", "lost", "privacy") }),
  shareDelivered: object({ token }),
} as const;
export type LinkNotice = keyof typeof linkNotices;

/** Length-prefixed parts (length 4 · bytes, one after another). */
export function encodeParts(parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => [u32(part.length), part]));
}

/** @throws ProtocolError `json/shape` when the lengths do not add up. */
export function decodeParts(attachment: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < attachment.length) {
    if (offset + 4 > attachment.length) throw cutShort();
    const length = readU32(attachment, offset);
    offset += 4;
    if (offset + length > attachment.length) throw cutShort();
    parts.push(attachment.subarray(offset, offset + length));
    offset += length;
  }
  return parts;
}

const cutShort = (): ProtocolError => new ProtocolError("json/shape", "an attachment's parts do not add up");

/** What an owner needs before any fragment: wraps, leaf data, and, once closed, both statements. */
export interface ClipHeadParts {
  readonly wraps: readonly Uint8Array[];
  /** Encoded leaf data, 73 bytes each, sorted by lane, then index. */
  readonly leaves: readonly Uint8Array[];
  readonly manifest: Uint8Array | null;
  readonly clipKey: Uint8Array | null;
}

const EMPTY = new Uint8Array(0);
const WRAP_BYTES = 84;
const LEAF_BYTES = 73;

export function encodeClipHead({ wraps, leaves, manifest, clipKey }: ClipHeadParts): Uint8Array {
  return encodeParts([concatBytes(...wraps), concatBytes(...leaves), manifest ?? EMPTY, clipKey ?? EMPTY]);
}

/** @throws ProtocolError `json/shape`. */
export function decodeClipHead(attachment: Uint8Array): ClipHeadParts {
  const [wraps, leaves, manifest, clipKey, ...rest] = decodeParts(attachment);
  if (wraps === undefined || leaves === undefined || manifest === undefined || clipKey === undefined) throw cutShort();
  if (rest.length > 0) throw cutShort();
  return {
    wraps: chunksOf(wraps, WRAP_BYTES),
    leaves: chunksOf(leaves, LEAF_BYTES),
    manifest: manifest.length === 0 ? null : manifest,
    clipKey: clipKey.length === 0 ? null : clipKey,
  };
}

function chunksOf(joined: Uint8Array, length: number): Uint8Array[] {
  if (joined.length % length !== 0) throw cutShort();
  return Array.from({ length: joined.length / length }, (_, i) => joined.subarray(i * length, (i + 1) * length));
}

/** What an owner's app sends for a share: the signed consent, and what it names by digest. */
export interface SubmissionParts {
  readonly consent: Uint8Array;
  readonly grant: Uint8Array;
  readonly card: Uint8Array;
  /** Sealed to the recipient; null when the owner added none. */
  readonly facts: Uint8Array | null;
  readonly purpose: string;
}

export function encodeSubmission({ consent, grant, card, facts, purpose }: SubmissionParts): Uint8Array {
  return encodeParts([consent, grant, card, facts ?? EMPTY, utf8(purpose)]);
}

/** @throws ProtocolError `json/shape`, `bytes/encoding`. */
export function decodeSubmission(attachment: Uint8Array): SubmissionParts {
  const [consent, grant, card, facts, words, ...rest] = decodeParts(attachment);
  if (
    consent === undefined ||
    grant === undefined ||
    card === undefined ||
    facts === undefined ||
    words === undefined
  ) {
    throw cutShort();
  }
  if (rest.length > 0) throw cutShort();
  return { consent, grant, card, facts: facts.length === 0 ? null : facts, purpose: fromUtf8(words) };
}

/**
 * What a member can ask its device over the link: name, arguments and result of each request, for both sides.
 * Attachments: `clip-head` answers leaf data, 73 bytes each, sorted by lane, then index; `fragments` answers
 * `length 4 · bytes` for each fragment; `consent` brings {@link encodeSubmission}, `waiting-consent` answers it; `revoke` and `household-change`
 * bring one statement; `live-start` answers statement and session description, `live-answer` brings them, as {@link encodeParts}
 * writes them; `audit` answers an export as audit-chain.ts writes it; `share-part` answers bytes of a share's archive, `register-file` bytes
 * of a mirrored file; `clip-index` answers {@link encodeClipIndex}. All others have none.
 */

import { concatBytes, readU32, u32 } from "./bytes.ts";
import { ProtocolError } from "./errors.ts";
import { array, boolean, bytes, integer, literal, nullable, object, type Shape, text, type ValueOf } from "./shape.ts";
import { MAX_LANE_LEAVES } from "./statements/manifest.ts";

/** A phone uploads keys for so many days ahead. */
export const DAY_KEYS_AHEAD = 120;
/** A reply of `fragments` ends here, also in the middle of a fragment; the next request goes on at its `offset`. */
export const FRAGMENTS_REPLY_BYTES = 512 * 1024;

/** A reply of `share-part` holds so many bytes, the last one the rest. */
export const SHARE_PART_BYTES = 512 * 1024;

/** A reply of `register-file` holds so many bytes, the last one the rest. */
export const REGISTER_FILE_PART_BYTES = 512 * 1024;
/** A reply of `clip-index` holds at most so many clips. */
export const CLIP_INDEX_PART_ROWS = 8_192;

const MAX_COUNT = Number.MAX_SAFE_INTEGER;
const id = bytes(16);
const key = bytes(32);
const day = integer(0, 1_000_000);
const count = integer(0, MAX_COUNT);
const lane = integer(1, 4);
const nothing = object({});
const leaves = object({ audio: count, meta: count, thumbnail: count, video: count });
const role = literal("owner", "viewer");

/** Binary of any length up to a bound, in base64url; shapes have fixed lengths otherwise. */
const envelope = nullable(text(32_768));

const clipRow = object({
  clip: id,
  day,
  bytes: count,
  pinned: boolean,
  state: literal("open", "sealed", "damaged"),
  leaves,
});

const deviceStatus = object({
  name: text(120),
  camera: literal("on", "lost", "privacy"),
  privacy: boolean,
  clockSynced: boolean,
  /** UTC day number by the device's clock; null while that is not known to be right. */
  day: nullable(day),
  clips: count,
  bytes: count,
  quotaBytes: count,
  retentionDays: count,
});

/** As `RTCConfiguration` has it; the credentials last as long as one view. */
const iceServer = object({ urls: text(512), username: nullable(text(256)), credential: nullable(text(256)) });
const settingsMembers = {
  name: text(60),
  retentionDays: integer(1, 365),
  undoMs: integer(0, 86_400_000),
  /** When the chime is silent, minutes of the local day; an end before the start runs over midnight. */
  quiet: array(object({ fromMinute: integer(0, 1439), untilMinute: integer(0, 1439) }), 8),
};
/** What an owner may set from the app. */
export const ownerSettings = object(settingsMembers);
export type OwnerSettings = ValueOf<typeof ownerSettings>;

export const linkOps = {
  /** Newest first. `sinceDay`: clips of this day and later. */
  clips: op(object({ sinceDay: nullable(day), limit: integer(1, 1000) }), object({ clips: array(clipRow, 1000) })),
  /** Manifest and clip-key statement are base64url envelopes; null while the clip is open. */
  "clip-head": op(
    object({ clip: id }),
    object({ clip: id, day, wraps: array(bytes(84), 255), manifest: envelope, clipKey: envelope }),
  ),
  /** Fragments `first` to `first + count - 1`, the first of them from byte `offset` on. Length 0: it cannot be read. */
  fragments: op(
    object({ clip: id, lane, first: integer(0, MAX_LANE_LEAVES), count: integer(1, 1000), offset: count }),
    nothing,
  ),
  challenge: op(nothing, object({ challenge: bytes(16) })),
  consent: op(
    object({ purpose: text(2_000) }),
    object({ outcome: literal("waiting", "undo-window"), missingSigners: count, undoMs: count }),
  ),
  /** Answers the submission of a consent that lacks signatures, so that another owner can read it and sign the same payload. */
  "waiting-consent": op(object({ token: id }), object({ purpose: text(2_000) })),
  revoke: op(nothing, nothing),
  shares: op(
    nothing,
    object({
      shares: array(
        object({
          token: id,
          state: literal("waiting", "undo-window", "delivering", "delivered", "revoked", "void"),
          missingSigners: count,
          undoRemainingMs: count,
        }),
        1000,
      ),
    }),
  ),
  /** Bytes of the archive from `offset` on, for a share that is under way; `length` is the whole archive's. */
  "share-part": op(object({ token: id, offset: count }), object({ length: count })),
  household: op(
    nothing,
    object({
      state: count,
      quorum: count,
      members: array(object({ key, role }), 64),
      /** Paired phones that no owner has admitted yet. */
      waiting: array(key, 64),
      /** Changes that lack signatures; `payload` (base64url) is what the others sign. */
      proposals: array(object({ payload: text(2_000), signers: array(key, 64) }), 64),
    }),
  ),
  "household-change": op(nothing, object({ outcome: literal("applied", "waiting"), missing: count })),
  /** Opens a pairing window for one more member. */
  invite: op(nothing, object({ qr: text(4_000), closesAfterMs: count })),
  /** Public keys of consecutive days; they replace all that were there. */
  "day-keys": op(object({ firstDay: day, keys: array(key, 366) }), nothing),
  privacy: op(object({ on: boolean }), object({ on: boolean })),
  pin: op(object({ clip: id }), nothing),
  unpin: op(object({ clip: id }), nothing),
  erase: op(object({ clip: id }), nothing),
  /** Rows that follow sequence `after`. */
  audit: op(object({ after: count, limit: integer(1, 1000) }), nothing),
  status: op(nothing, deviceStatus),
  /** Every clip there is, oldest first, `offset` of them left out. */
  "clip-index": op(object({ offset: count }), object({ clips: count })),
  /** The registers whose logs the doorbell copies, in the order of its configuration. */
  registers: op(
    nothing,
    object({
      registers: array(
        object({
          origin: text(120),
          url: text(520),
          logKey: text(400),
          witnesses: array(text(400), 32),
          quorum: integer(0, 32),
        }),
        64,
      ),
    }),
  ),
  /** Bytes of a file of a register's log from `offset` on, as the doorbell fetched it; `length` is the whole file's, 0: it has none. */
  "register-file": op(object({ origin: text(120), path: text(200), offset: count }), object({ length: count })),
  /** Lets this member fetch ciphertext from the device's web server (web-token.ts) for so long. */
  "web-session": op(nothing, object({ session: bytes(16), validMs: count })),
  /** `claim`: a phone that the words are to make an owner. `sealedDays` (owners): base64url, for whoever has the words. */
  recovery: op(
    nothing,
    object({
      registered: boolean,
      footage: boolean,
      claim: nullable(object({ member: key, remainingMs: count })),
      sealedDays: nullable(text(256)),
      /** Registrations that lack signatures (owners); `payload` (base64url) is what the others sign. */
      proposals: array(object({ payload: text(2_000), signers: array(key, 64), footage: boolean }), 64),
    }),
  ),
  /** Brings `length 4 · recovery statement` for each owner who signs; `missing`: so many more have to. */
  "recovery-register": op(object({ sealedDays: nullable(text(256)) }), object({ missing: count })),
  /** The one request that a paired phone may make before an owner admits it; brings one recovery-claim statement. 0: the time is over. */
  "recovery-claim": op(nothing, object({ remainingMs: count })),
  "recovery-cancel": op(nothing, nothing),
  settings: op(nothing, object({ ...settingsMembers, push: boolean })),
  /** All of them, also those that stay. */
  "settings-change": op(ownerSettings, nothing),
  /** What a browser's push subscription is bound to (RFC 8292). */
  "push-key": op(nothing, object({ key: bytes(65) })),
  /**
   * Where this member's phone is to be woken; replaces what was there. `plain`: any URL that takes a POST (UnifiedPush,
   * ntfy), without keys. `daily`: one push a day at `dailyMinute` (UTC) besides, whatever happened.
   */
  "push-subscribe": op(
    object({
      kind: literal("web-push", "plain"),
      endpoint: text(1024),
      p256dh: nullable(text(128)),
      auth: nullable(text(64)),
      daily: boolean,
    }),
    object({ dailyMinute: nullable(integer(0, 1439)) }),
  ),
  "push-unsubscribe": op(nothing, nothing),
  /** This member's phone rings: the device need not wake it. */
  "ring-heard": op(nothing, nothing),
  /** Whether anybody looks at this member's app. False: a ring wakes the phone at once, though it is connected. */
  awake: op(object({ awake: boolean }), nothing),
  /** How long ago somebody last rang, since the device started; for a phone that was woken and does not know why. */
  "last-ring": op(nothing, object({ agoMs: nullable(count) })),
  /** Asks for a live view. Refused: no attachment; otherwise the device's signed description. */
  "live-start": op(
    object({ codecs: array(literal("h264", "vp8"), 2), sound: boolean }),
    object({
      session: nullable(id),
      refused: nullable(literal("privacy", "camera-lost", "busy", "no-engine", "off")),
      iceServers: array(iceServer, 8),
    }),
  ),
  "live-answer": op(object({ session: id }), nothing),
  "live-stop": op(object({ session: id }), nothing),
} as const;

export type LinkOp = keyof typeof linkOps;
export type ArgsOf<Op extends LinkOp> = ValueOf<(typeof linkOps)[Op]["args"]>;
export type ResultOf<Op extends LinkOp> = ValueOf<(typeof linkOps)[Op]["result"]>;

function op<Args, Result>(args: Shape<Args>, result: Shape<Result>): { args: Shape<Args>; result: Shape<Result> } {
  return { args, result };
}

/** What `clip-index` says of a clip; when and why it began only its keys tell. */
export interface ClipIndexRow {
  readonly clip: Uint8Array;
  readonly day: number;
  readonly state: "open" | "sealed" | "damaged";
  readonly pinned: boolean;
}

const CLIP_STATES = ["open", "sealed", "damaged"] as const;
const CLIP_INDEX_ROW_BYTES = 16 + 4 + 1 + 1;

/** `clip 16 · day 4 · state 1 · pinned 1` for each; state 0 open, 1 sealed, 2 damaged. */
export function encodeClipIndex(rows: readonly ClipIndexRow[]): Uint8Array {
  return concatBytes(
    ...rows.flatMap(({ clip, day: clipDay, state, pinned }) => [
      clip,
      u32(clipDay),
      Uint8Array.of(CLIP_STATES.indexOf(state), pinned ? 1 : 0),
    ]),
  );
}

/** @throws {@link ProtocolError} `json/shape`. */
export function decodeClipIndex(rows: Uint8Array): ClipIndexRow[] {
  if (rows.length % CLIP_INDEX_ROW_BYTES !== 0) throw new ProtocolError("json/shape", "list of clips is cut short");
  return Array.from({ length: rows.length / CLIP_INDEX_ROW_BYTES }, (_, i) => {
    const row = rows.subarray(i * CLIP_INDEX_ROW_BYTES, (i + 1) * CLIP_INDEX_ROW_BYTES);
    const state = CLIP_STATES[row[20] ?? CLIP_STATES.length];
    if (state === undefined || (row[21] ?? 2) > 1) throw new ProtocolError("json/shape", "clip of an unknown state");
    return { clip: row.slice(0, 16), day: readU32(row, 16), state, pinned: row[21] === 1 };
  });
}

/** The parts of a consent as they travel; the purpose's text goes in the request's arguments. */
export interface SubmissionParts {
  readonly consent: Uint8Array;
  readonly grant: Uint8Array;
  readonly card: Uint8Array;
  readonly facts: Uint8Array | null;
}

/** `length 4 · bytes` of consent, grant, card and facts; no facts: length 0. */
export function encodeSubmission({ consent, grant, card, facts }: SubmissionParts): Uint8Array {
  return encodeParts([consent, grant, card, facts ?? new Uint8Array()]);
}

/** @throws {@link ProtocolError} `json/shape`. Proves nothing about the parts. */
export function decodeSubmission(attachment: Uint8Array): SubmissionParts {
  const [consent, grant, card, facts, ...more] = decodeParts(attachment);
  if (consent === undefined || grant === undefined || card === undefined || facts === undefined || more.length > 0) {
    throw new ProtocolError("json/shape", "a consent has four parts");
  }
  return { consent, grant, card, facts: facts.length === 0 ? null : facts };
}

/** `length 4 · bytes` for each part. */
export function encodeParts(parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => [u32(part.length), part]));
}

/** @throws {@link ProtocolError} `json/shape` when the lengths do not add up. */
export function decodeParts(bytesOfParts: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < bytesOfParts.length) {
    const start = at + 4;
    const end = start <= bytesOfParts.length ? start + readU32(bytesOfParts, at) : Number.POSITIVE_INFINITY;
    if (end > bytesOfParts.length) throw new ProtocolError("json/shape", "attachment is cut short");
    parts.push(bytesOfParts.slice(start, end));
    at = end;
  }
  return parts;
}

import { concatBytes, fromBase64url } from "../protocol/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { decodeLeaf, LEAF_BYTES, type LeafData } from "../protocol/fragment.ts";
import {
  type ArgsOf,
  type ClipIndexRow,
  decodeClipIndex,
  decodeParts,
  decodeSubmission,
  encodeSubmission,
  FRAGMENTS_REPLY_BYTES,
  type LinkOp,
  linkOps,
  type ResultOf,
} from "../protocol/link-ops.ts";
import type { Shape } from "../protocol/shape.ts";
import { OwnerError } from "./errors.ts";
import type { LinkClient } from "./link-client.ts";
import type { ConsentSubmission } from "./make-consent.ts";
import type { ClipHead, ClipSource } from "./verify-clip.ts";

interface Reply<Op extends LinkOp> {
  readonly result: ResultOf<Op>;
  readonly attachment: Uint8Array;
}

/** Requests that must not be carried out twice, and one whose usual answer to a mistake is silence. */
const ONCE: ReadonlySet<LinkOp> = new Set([
  "consent",
  "household-change",
  "invite",
  "live-start",
  "live-answer",
  "recovery-claim",
]);
const MAX_FRAGMENTS_AT_ONCE = 1000;
/** More than the largest bundle of a register's log. */
const MAX_REGISTER_FILE_BYTES = 8 * 1024 * 1024;

/** What an owner asks of the doorbell, in its own words. Every method may throw OwnerError `owner/no-answer`, `owner/unreadable-answer`. */
export class Doorbell implements ClipSource {
  readonly #link: Pick<LinkClient, "request">;

  constructor(link: Pick<LinkClient, "request">) {
    this.#link = link;
  }

  /** Any request of the link by name. */
  async ask<Op extends LinkOp>(op: Op, args: ArgsOf<Op>, attachment?: Uint8Array): Promise<Reply<Op>> {
    const shapes = linkOps[op] as unknown as { args: Shape<ArgsOf<Op>>; result: Shape<ResultOf<Op>> };
    const options = { again: !ONCE.has(op), ...(attachment === undefined ? {} : { attachment }) };
    const answer = await this.#link.request(op, shapes.args.write(args), options);
    return readable(() => ({ result: shapes.result.read(answer.result), attachment: answer.attachment }));
  }

  /** Newest first. */
  async clips(sinceDay: number | null = null, limit = 100): Promise<ResultOf<"clips">["clips"]> {
    return (await this.ask("clips", { sinceDay, limit })).result.clips;
  }

  /** Every clip there is, oldest first. */
  async clipIndex(): Promise<ClipIndexRow[]> {
    const rows: ClipIndexRow[] = [];
    for (;;) {
      const { result, attachment } = await this.ask("clip-index", { offset: rows.length });
      const part = readable(() => decodeClipIndex(attachment));
      rows.push(...part);
      if (part.length === 0 || rows.length >= result.clips) return rows;
    }
  }

  /** The registers that the doorbell copies. */
  async registers(): Promise<ResultOf<"registers">["registers"]> {
    return (await this.ask("registers", {})).result.registers;
  }

  /** A file of a register's log as the doorbell copied it; null where it has none. Nothing about it is checked. */
  async registerFile(origin: string, path: string): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    let done = 0;
    for (;;) {
      const { result, attachment } = await this.ask("register-file", { origin, path, offset: done });
      if (result.length === 0) return null;
      done += attachment.length;
      if (attachment.length === 0 || done > result.length || result.length > MAX_REGISTER_FILE_BYTES) {
        throw new OwnerError("owner/unreadable-answer", "the doorbell's parts of the file do not add up");
      }
      parts.push(attachment);
      if (done === result.length) return concatBytes(...parts);
    }
  }

  async head(clip: Uint8Array): Promise<ClipHead> {
    const { result, attachment } = await this.ask("clip-head", { clip });
    return readable(() => headOf(result, attachment));
  }

  /** Ciphertexts of consecutive leaves of one lane; null where the device cannot read one. */
  async fragments(clip: Uint8Array, leaves: readonly LeafData[]): Promise<(Uint8Array | null)[]> {
    const found: (Uint8Array | null)[] = [];
    let begun: Uint8Array[] = [];
    while (found.length < leaves.length) {
      const next = leaves[found.length];
      if (next === undefined) break;
      const offset = begun.reduce((sum, part) => sum + part.length, 0);
      const count = countWithin(leaves.slice(found.length), offset);
      const args = { clip, lane: next.lane, first: next.index, count, offset };
      const { attachment } = await this.ask("fragments", args);
      const parts = readable(() => decodeParts(attachment));
      if (parts.length === 0) throw new OwnerError("owner/unreadable-answer", "the doorbell sent no fragment");
      for (const part of parts.slice(0, count)) {
        const leaf = leaves[found.length];
        if (leaf === undefined) break;
        begun.push(part);
        const length = begun.reduce((sum, piece) => sum + piece.length, 0);
        const isUnreadable = part.length === 0 && leaf.length > 0;
        if (length < leaf.length && !isUnreadable) continue;
        found.push(isUnreadable ? null : joined(begun, length));
        begun = [];
      }
    }
    return found;
  }

  async challenge(): Promise<Uint8Array> {
    return (await this.ask("challenge", {})).result.challenge;
  }

  async submit(submission: ConsentSubmission): Promise<ResultOf<"consent">> {
    return (await this.ask("consent", { purpose: submission.purpose }, encodeSubmission(submission))).result;
  }

  /** A consent that another owner began and that lacks signatures. */
  async waitingConsent(token: Uint8Array): Promise<ConsentSubmission> {
    const { result, attachment } = await this.ask("waiting-consent", { token });
    return readable(() => ({ ...decodeSubmission(attachment), purpose: result.purpose }));
  }

  async revoke(revocation: Uint8Array): Promise<void> {
    await this.ask("revoke", {}, revocation);
  }

  async shares(): Promise<ResultOf<"shares">["shares"]> {
    return (await this.ask("shares", {})).result.shares;
  }

  /** The archive of a share that is under way, for a file that is carried by hand; in parts of at most 512 KiB. */
  async share(token: Uint8Array, onProgress?: (done: number, total: number) => void): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let done = 0;
    for (;;) {
      const { result, attachment } = await this.ask("share-part", { token, offset: done });
      done += attachment.length;
      if (attachment.length === 0 || done > result.length) {
        throw new OwnerError("owner/unreadable-answer", "the doorbell's parts of the share do not add up");
      }
      parts.push(attachment);
      onProgress?.(done, result.length);
      if (done === result.length) return concatBytes(...parts);
    }
  }

  async household(): Promise<ResultOf<"household">> {
    return (await this.ask("household", {})).result;
  }

  async changeHousehold(change: Uint8Array): Promise<ResultOf<"household-change">> {
    return (await this.ask("household-change", {}, change)).result;
  }
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new OwnerError("owner/unreadable-answer", "the doorbell's answer has an unknown form", { cause });
  }
}

function readLeaves(bytes: Uint8Array): LeafData[] {
  if (bytes.length % LEAF_BYTES !== 0) throw new ProtocolError("leaf/shape", "leaf data are cut short");
  return Array.from({ length: bytes.length / LEAF_BYTES }, (_, i) =>
    decodeLeaf(bytes.subarray(i * LEAF_BYTES, (i + 1) * LEAF_BYTES)),
  );
}

/** How many fragments one reply is likely to hold; at least one. */
function countWithin(leaves: readonly LeafData[], offset: number): number {
  let room = FRAGMENTS_REPLY_BYTES + offset;
  const fitting = leaves.slice(0, MAX_FRAGMENTS_AT_ONCE).findIndex(({ length }) => {
    room -= length + 4;
    return room < 0;
  });
  return fitting === -1 ? Math.min(leaves.length, MAX_FRAGMENTS_AT_ONCE) : Math.max(1, fitting);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A clip's head as `clip-head` answers it. @throws ProtocolError for what no doorbell sends. */
export function headOf(result: ResultOf<"clip-head">, leaves: Uint8Array): ClipHead {
  return {
    clip: result.clip,
    day: result.day,
    wraps: result.wraps,
    manifest: result.manifest === null ? null : fromBase64url(result.manifest),
    clipKey: result.clipKey === null ? null : fromBase64url(result.clipKey),
    leaves: readLeaves(leaves),
  };
}

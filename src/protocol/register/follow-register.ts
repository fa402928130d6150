/** Following a register's log: proven by {@link followLog}, replayed by the rule book, and remembered in a few bytes. */

import { fromBase64, toBase64 } from "../bytes.ts";
import { decodeJson, encodeJson, type Json } from "../canonical-json.ts";
import type { Crypto } from "../crypto.ts";
import { ProtocolError } from "../errors.ts";
import { array, integer, object, type Shape, text } from "../shape.ts";
import type { LogPolicy, OpenCheckpoint } from "../tlog/checkpoint.ts";
import { followLog, type LogEntry, type SeenCheckpoint } from "../tlog/follow-log.ts";
import type { TileSource } from "../tlog/tiles.ts";
import { RequestError, type RequestErrorCode } from "./errors.ts";
import { type Entry, type EntryOf, type Leaf, readLeaf, readLeaves } from "./leaf.ts";
import { RuleBook, type Verdict } from "./rule-book.ts";
import { snapshotShape } from "./snapshot.ts";

/** Of what broke the rules the last few are remembered by place, the rest only counted. */
const MAX_REMEMBERED_FAULTS = 16;
/** Entries that are hashed together. */
const LOT = 64;
/** How far a register's clock may be ahead of the follower's. A leaf beyond counts like any other, and is shown once its time has come. */
const CLOCK_SLACK_SECONDS = 600;

/** A leaf of the log that is kept whole. */
export interface KeptLeaf {
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Unix seconds until which it is an open request; 0 for a leaf that is kept for something else. */
  readonly expires: number;
}

/** An entry that a register should not have let in. */
export interface RegisterFault {
  readonly index: number;
  readonly code: string;
}

/** All that a follower keeps between two looks. It never changes: a look that fails leaves it as it was. */
export interface RegisterMemory {
  readonly seen: SeenCheckpoint;
  /** The rule book as of that checkpoint. */
  readonly book: Json;
  /** Requests that had not expired, and whatever else was asked to be kept; in the order of the log. */
  readonly leaves: readonly KeptLeaf[];
  readonly faults: { readonly count: number; readonly last: readonly RegisterFault[] };
}

export interface FollowedRegister {
  readonly memory: RegisterMemory;
  readonly book: RuleBook;
  readonly checkpoint: OpenCheckpoint;
}

export interface FollowOptions {
  readonly nowSeconds: number;
  /** Which leaves to keep beside open requests, such as one's own. */
  readonly keeps?: (entry: Entry) => boolean;
}

/**
 * Brings what is known of a register up to its newest checkpoint. Signatures of requests are not checked here, since most are
 * far away: {@link readOpenRequests} gives what has to be checked before it is shown.
 * @param memory - Null for the first time.
 * @throws LogError as {@link followLog}; what is remembered stays.
 */
export async function followRegister(
  crypto: Crypto,
  policy: LogPolicy,
  memory: RegisterMemory | null,
  source: TileSource,
  { nowSeconds, keeps = () => false }: FollowOptions,
): Promise<FollowedRegister> {
  const followed = await followLog(crypto, policy, memory?.seen ?? null, source);
  const book = memory === null ? new RuleBook(crypto, policy.origin) : RuleBook.restore(crypto, memory.book);
  const leaves = (memory?.leaves ?? []).filter(
    ({ bytes, expires }) => expires > nowSeconds || keeps(readLeaf(crypto, bytes).entry),
  );
  const faults: RegisterFault[] = [...(memory?.faults.last ?? [])];
  let faultCount = memory?.faults.count ?? 0;
  for await (const { index, bytes, read } of readTogether(crypto, followed.entries)) {
    const found = judgeLeaf(book, read);
    const code = "code" in found ? found.code : isAhead(found, nowSeconds) ? "register-leaf/future" : null;
    if (code !== null) {
      faults.push({ index, code });
      faultCount += 1;
    }
    if ("code" in found) continue;
    const expires = expiryOf(found.entry);
    // A part of a bundle would keep all of it; the slice of a Buffer is one too.
    if (expires > nowSeconds || keeps(found.entry)) leaves.push({ index, bytes: Uint8Array.from(bytes), expires });
  }
  const next: RegisterMemory = {
    seen: followed.seen,
    book: book.snapshot(),
    leaves,
    faults: { count: faultCount, last: faults.slice(-MAX_REMEMBERED_FAULTS) },
  };
  return { memory: next, book, checkpoint: followed.checkpoint };
}

interface EntryToRead extends LogEntry {
  /** @throws as {@link readLeaf}. */
  readonly read: () => Leaf;
}

/** In lots small enough to be forgotten soon. */
async function* readTogether(crypto: Crypto, entries: AsyncIterable<LogEntry>): AsyncGenerator<EntryToRead> {
  let lot: LogEntry[] = [];
  for await (const entry of entries) {
    lot.push(entry);
    if (lot.length < LOT) continue;
    yield* await readLot(crypto, lot);
    lot = [];
  }
  yield* await readLot(crypto, lot);
}

async function readLot(crypto: Crypto, lot: readonly LogEntry[]): Promise<readonly EntryToRead[]> {
  const reads = await readLeaves(
    crypto,
    lot.map(({ bytes }) => bytes),
  );
  return reads.map((read, i) => ({ ...(lot[i] as LogEntry), read }));
}

/** By the log alone: a follower whose clock was wrong once must not count otherwise than all others for ever. */
function judgeLeaf(book: RuleBook, read: () => Leaf): Leaf | { readonly code: string } {
  try {
    const leaf = read();
    const verdict: Verdict = book.follow(leaf, () => false);
    return verdict.verdict === "accepted" ? leaf : { code: verdict.code };
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof RequestError) return { code: error.code };
    throw error;
  }
}

const isAhead = ({ at }: Pick<Leaf, "at">, nowSeconds: number): boolean => at > nowSeconds + CLOCK_SLACK_SECONDS;

const expiryOf = (entry: Entry): number => (entry.kind === "request" ? entry.statement.payload.expires : 0);

/** A request in the log that has not expired; its signatures have not been looked at. */
export interface OpenRequest {
  readonly index: number;
  /** Unix seconds: when the register took it. */
  readonly at: number;
  readonly entry: EntryOf<"request">;
}

/** Requests that are still open, one that was prolonged only as its newest form; in the order of the log. */
export function readOpenRequests(crypto: Crypto, memory: RegisterMemory, nowSeconds: number): OpenRequest[] {
  const open = memory.leaves.flatMap(({ index, bytes, expires }): OpenRequest[] => {
    if (expires <= nowSeconds) return [];
    const { at, entry } = readLeaf(crypto, bytes);
    return entry.kind === "request" && !isAhead({ at }, nowSeconds) ? [{ index, at, entry }] : [];
  });
  const prolonged = new Set(
    open.flatMap(({ entry }) => {
      const { extends: earlier } = entry.statement.payload;
      return earlier === null ? [] : [toBase64(earlier)];
    }),
  );
  return open.filter(({ entry }) => !prolonged.has(toBase64(entry.statement.digest)));
}

/** Why a request must not be shown, or null: who asks is accredited still, and every signature holds. Dear. */
export function objectionTo(book: RuleBook, { entry }: Pick<OpenRequest, "entry">): RequestErrorCode | null {
  if (book.agencyOf(entry.statement.payload.requester) === null) return "request/revoked";
  const verdict = book.checkSignatures(entry);
  return verdict.verdict === "accepted" ? null : verdict.code;
}

const count = integer(0, Number.MAX_SAFE_INTEGER);
const someBytes: Shape<Uint8Array> = { read: (json) => fromBase64(text(1_000_000).read(json)), write: toBase64 };
/** Kept as it is. One of another form or version makes the whole memory none, instead of every later look an error. */
const savedBook: Shape<Json> = {
  read(json) {
    snapshotShape.read(json);
    return json;
  },
  write: (json) => json,
};

const memoryShape = object({
  version: integer(2, 2),
  seen: object({ size: count, root: someBytes, checkpoint: someBytes }),
  book: savedBook,
  leaves: array(object({ index: count, bytes: someBytes, expires: count }), 1_000_000),
  faults: object({ count, last: array(object({ index: count, code: text(100) }), MAX_REMEMBERED_FAULTS) }),
});

export const encodeRegisterMemory = (memory: RegisterMemory): Uint8Array =>
  encodeJson(memoryShape.write({ version: 2, ...memory }));

/** Null for bytes that are none: then the log is followed from its beginning. */
export function decodeRegisterMemory(bytes: Uint8Array): RegisterMemory | null {
  try {
    const { version: _, ...memory } = memoryShape.read(decodeJson(bytes));
    return memory;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

import { toHex, wipe } from "../protocol/bytes.ts";
import { decodeJson, encodeJson } from "../protocol/canonical-json.ts";
import { LANES } from "../protocol/clip-keys.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { ClipIndexRow } from "../protocol/link-ops.ts";
import { array, integer, literal, nullable, object, text, type ValueOf } from "../protocol/shape.ts";
import { openClipSeed } from "./clip-seed.ts";
import type { Doorbell } from "./doorbell.ts";
import { OwnerError } from "./errors.ts";
import { openClip } from "./open-clip.ts";
import type { OwnerState } from "./owner-state.ts";
import { type Shelf, saveIfChanged } from "./shelf.ts";
import { verifyClip } from "./verify-clip.ts";

const SHELF_NAME = "clip-index";
/** Clips that are looked into at once. */
const AT_ONCE = 4;

const milliseconds = integer(0, Number.MAX_SAFE_INTEGER);
const timesShape = object({
  trigger: literal("ring", "motion"),
  clock: literal("synced", "unsynced"),
  /** Unix milliseconds of the first picture, and past the last; of a clip that was cut, as far as is known. */
  fromMs: milliseconds,
  toMs: milliseconds,
  /** Unix milliseconds of the trigger. */
  startMs: milliseconds,
  durationMs: nullable(milliseconds),
});
const shape = object({
  version: integer(1, 1),
  clips: array(object({ clip: text(32), times: nullable(timesShape) }), 1_000_000),
});

/** When and why a clip was filmed; only its keys tell. */
export type ClipTimeline = ValueOf<typeof timesShape>;

export interface IndexedClip {
  readonly clip: Uint8Array;
  readonly day: number;
  readonly pinned: boolean;
  /** Null when there is no more to know: it is being recorded, damaged, or not sealed for this owner. */
  readonly times: ClipTimeline | null;
  readonly unknown: "open" | "damaged" | "no-key" | null;
}

export interface ClipIndexPorts {
  readonly crypto: Crypto;
  readonly doorbell: Pick<Doorbell, "clipIndex" | "head" | "fragments">;
  readonly deviceKey: Uint8Array;
  readonly state: OwnerState;
  readonly shelf: Shelf;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * When each clip of the doorbell was filmed, oldest first. What is fetched depends on which clips there are, never on what they
 * are wanted for: a request that could steer it would be answered by the fetch.
 */
export async function readClipIndex(ports: ClipIndexPorts): Promise<IndexedClip[]> {
  const saved = await ports.shelf.load(SHELF_NAME);
  const known = decodeIndex(saved);
  const rows = await ports.doorbell.clipIndex();
  const clips: IndexedClip[] = [];
  const fresh = rows.filter((row) => row.state !== "open" && !known.has(toHex(row.clip)));
  const looked = new Map<string, IndexedClip>();
  for (let at = 0; at < fresh.length; at += AT_ONCE) {
    for (const clip of await Promise.all(fresh.slice(at, at + AT_ONCE).map((row) => look(ports, row)))) {
      looked.set(toHex(clip.clip), clip);
    }
    ports.onProgress?.(Math.min(at + AT_ONCE, fresh.length), fresh.length);
  }
  for (const row of rows) {
    const { clip, day, pinned } = row;
    const times = known.get(toHex(clip));
    const found = looked.get(toHex(clip));
    if (found !== undefined) clips.push(found);
    else if (times === undefined) clips.push({ clip, day, pinned, times: null, unknown: "open" });
    else clips.push({ clip, day, pinned, times, unknown: times === null ? "no-key" : null });
  }
  await saveIfChanged(ports.shelf, SHELF_NAME, saved, encodeIndex(clips));
  return clips;
}

async function look({ crypto, doorbell, deviceKey, state }: ClipIndexPorts, row: ClipIndexRow): Promise<IndexedClip> {
  const { clip: id, day, pinned } = row;
  try {
    const clip = verifyClip(crypto, deviceKey, id, await doorbell.head(id));
    const seed = openClipSeed(crypto, state, clip);
    const leaves = clip.leaves.filter(({ lane }) => lane === LANES.meta);
    const opened = await openClip({ crypto, source: doorbell, clip: { ...clip, leaves }, seed });
    wipe(seed);
    if (opened.opening === null) return { clip: id, day, pinned, times: null, unknown: "damaged" };
    const { trigger, clock, startMs, preRollMs } = opened.opening;
    const durationMs = opened.closing?.durationMs ?? null;
    const fromMs = Math.max(0, startMs - preRollMs);
    const toMs = durationMs === null ? startMs + 1 : fromMs + durationMs;
    return { clip: id, day, pinned, times: { trigger, clock, fromMs, toMs, startMs, durationMs }, unknown: null };
  } catch (error) {
    if (error instanceof ProtocolError) return { clip: id, day, pinned, times: null, unknown: "damaged" };
    if (!(error instanceof OwnerError) || !(error.code === "owner/no-key" || error.code === "owner/clip-damaged")) {
      throw error;
    }
    return { clip: id, day, pinned, times: null, unknown: error.code === "owner/no-key" ? "no-key" : "damaged" };
  }
}

/** Clips that are damaged now may be mended, and an open one closes: they are looked at again. */
function encodeIndex(clips: readonly IndexedClip[]): Uint8Array {
  const kept = clips.flatMap(({ clip, times, unknown }) =>
    times !== null || unknown === "no-key" ? [{ clip: toHex(clip), times }] : [],
  );
  return encodeJson(shape.write({ version: 1, clips: kept }));
}

function decodeIndex(bytes: Uint8Array | null): ReadonlyMap<string, ClipTimeline | null> {
  if (bytes === null) return new Map();
  try {
    return new Map(shape.read(decodeJson(bytes)).clips.map(({ clip, times }) => [clip, times]));
  } catch (error) {
    if (error instanceof ProtocolError) return new Map();
    throw error;
  }
}

/** Whether a clip shows anything of `[fromMs, toMs)`. */
export const isWithin = ({ times }: IndexedClip, fromMs: number, toMs: number): boolean =>
  times !== null && times.fromMs < toMs && times.toMs > fromMs;

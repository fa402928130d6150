import { wipe } from "../protocol/bytes.ts";
import { fragmentKeys, LANES, type Lane } from "../protocol/clip-keys.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { ProtocolError, type ProtocolErrorCode } from "../protocol/errors.ts";
import { type PlayableLane, playableMp4 } from "../protocol/fmp4.ts";
import { type LeafData, openFragment } from "../protocol/fragment.ts";
import { type ClosingMeta, decodeClosingMeta, decodeOpeningMeta, META, type OpeningMeta } from "../protocol/meta.ts";
import { OwnerError } from "./errors.ts";
import type { ClipSource, VerifiedClip } from "./verify-clip.ts";

/** A fragment that does not open; what is around it still plays. */
export interface Gap {
  readonly lane: Lane;
  readonly index: number;
  readonly reason: ProtocolErrorCode | "missing";
}

export interface OpenedLane {
  readonly init: Uint8Array | null;
  /** Media fragments; the first is index 1. Null is a gap. */
  readonly fragments: readonly (Uint8Array | null)[];
}

export interface OpenedClip {
  readonly opening: OpeningMeta | null;
  /** Null also when the power went before the clip was closed. */
  readonly closing: ClosingMeta | null;
  /** An MP4 of one picture, or a JPEG. */
  readonly thumbnail: Uint8Array | null;
  readonly video: OpenedLane;
  readonly audio: OpenedLane;
  readonly gaps: readonly Gap[];
}

export interface Opener {
  readonly crypto: Crypto;
  readonly source: ClipSource;
  readonly clip: VerifiedClip;
  readonly seed: Uint8Array;
  readonly onProgress?: (done: number, total: number) => void;
}

const AT_ONCE = 32;

/** Fetches and opens every fragment of a verified clip. What is damaged becomes a gap. */
export async function openClip(opener: Opener): Promise<OpenedClip> {
  const gaps: Gap[] = [];
  const total = opener.clip.leaves.length;
  let done = 0;
  const progress = (count: number): void => {
    done += count;
    opener.onProgress?.(done, total);
  };
  const meta = await openLane(opener, LANES.meta, gaps, progress);
  const thumbnail = await openLane(opener, LANES.thumbnail, gaps, progress);
  const video = await openLane(opener, LANES.video, gaps, progress);
  const audio = await openLane(opener, LANES.audio, gaps, progress);
  return {
    opening: readMeta(meta[META.opening], decodeOpeningMeta),
    closing: readMeta(meta[META.closing], decodeClosingMeta),
    thumbnail: thumbnail[0] ?? null,
    video: { init: video[0] ?? null, fragments: video.slice(1) },
    audio: { init: audio[0] ?? null, fragments: audio.slice(1) },
    gaps,
  };
}

/** Fetches and opens a clip's first meta record alone: when and why it began. Null when it is damaged. */
export async function openOpeningMeta(opener: Opener): Promise<OpeningMeta | null> {
  const leaf = opener.clip.leaves.find(({ lane, index }) => lane === LANES.meta && index === META.opening);
  if (leaf === undefined) return null;
  const keys = fragmentKeys(opener.crypto, opener.seed, LANES.meta, 1);
  const [opened] = await openLeaves(opener, LANES.meta, [leaf], keys, []);
  wipe(...keys);
  return readMeta(opened, decodeOpeningMeta);
}

/**
 * One MP4 of all that opened, beginning at time zero. A gap stays a gap in time.
 * @throws OwnerError `owner/clip-damaged` when neither picture nor sound can be played.
 */
export function playableClip(opened: OpenedClip): Uint8Array {
  const [video, audio] = [playableLane(opened.video), playableLane(opened.audio)];
  if (video === null && audio === null) throw new OwnerError("owner/clip-damaged", "nothing of the clip can be played");
  return playableMp4(video, audio);
}

function playableLane({ init, fragments }: OpenedLane): PlayableLane | null {
  const whole = fragments.filter((fragment) => fragment !== null);
  return init === null || whole.length === 0 ? null : { init, fragments: whole };
}

async function openLane(
  opener: Opener,
  lane: Lane,
  gaps: Gap[],
  progress: (count: number) => void,
): Promise<(Uint8Array | null)[]> {
  const leaves = opener.clip.leaves.filter((leaf) => leaf.lane === lane);
  const keys = fragmentKeys(opener.crypto, opener.seed, lane, leaves.length);
  const opened: (Uint8Array | null)[] = [];
  for (let at = 0; at < leaves.length; at += AT_ONCE) {
    const batch = leaves.slice(at, at + AT_ONCE);
    opened.push(...(await openLeaves(opener, lane, batch, keys, gaps)));
    progress(batch.length);
  }
  wipe(...keys);
  return opened;
}

/** Opens consecutive leaves of one lane; null, and a gap, where one does not open. */
export async function openLeaves(
  opener: Pick<Opener, "crypto" | "source" | "clip">,
  lane: Lane,
  leaves: readonly LeafData[],
  keys: readonly Uint8Array[],
  gaps: Gap[],
): Promise<(Uint8Array | null)[]> {
  const ciphertexts = await opener.source.fragments(opener.clip.clip, leaves);
  return leaves.map((leaf, i) => {
    const result = openLeaf(opener, leaf, keys[leaf.index], ciphertexts[i]);
    if (typeof result !== "string") return result;
    gaps.push({ lane, index: leaf.index, reason: result });
    return null;
  });
}

/** Opens one leaf's ciphertext; why not, where it does not open. */
export function openLeaf(
  { crypto, clip }: Pick<Opener, "crypto" | "clip">,
  leaf: LeafData,
  key: Uint8Array | undefined,
  ciphertext: Uint8Array | null | undefined,
): Uint8Array | Gap["reason"] {
  if (!key || !ciphertext) return "missing";
  try {
    return openFragment(crypto, clip.clip, leaf, key, ciphertext);
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

function readMeta<T>(bytes: Uint8Array | null | undefined, decode: (bytes: Uint8Array) => T): T | null {
  if (bytes === null || bytes === undefined) return null;
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

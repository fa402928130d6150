import { type IndexedClip, isWithin } from "./clip-index.ts";
import { OwnerError } from "./errors.ts";
import { type ClipTimes, planShare, type SharePlan } from "./plan-share.ts";

/** `[fromMs, toMs)` of what was filmed, in unix milliseconds by the doorbell's clock: what a legal order names. */
export interface OrderedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface OrderedClips {
  /** Show something of the range. */
  readonly inside: readonly IndexedClip[];
  /** When these were filmed this owner cannot tell: they may, or may not, belong to the range. */
  readonly unknown: readonly IndexedClip[];
}

const DAY_MS = 86_400_000;

export function clipsOfOrder(clips: readonly IndexedClip[], { fromMs, toMs }: OrderedRange): OrderedClips {
  // A clip's day may lie behind the clock that its times are from, never far.
  const isNear = ({ day }: IndexedClip): boolean => (day + 2) * DAY_MS > fromMs && (day - 1) * DAY_MS < toMs;
  return {
    inside: clips.filter((clip) => isWithin(clip, fromMs, toMs)),
    unknown: clips.filter((clip) => clip.times === null && isNear(clip)),
  };
}

/**
 * What of one clip an order gets: the fragments that lie wholly in the range, nothing rounded outward. Null when there is none.
 * @throws OwnerError `owner/damaged-range`.
 */
export function planOrderedClip(
  times: ClipTimes,
  { times: filmed }: IndexedClip,
  { fromMs, toMs }: OrderedRange,
  sound: boolean,
): SharePlan | null {
  if (filmed === null) return null;
  const fromSeconds = Math.max(0, fromMs - filmed.fromMs) / 1_000;
  const toSeconds = (toMs - filmed.fromMs) / 1_000;
  try {
    return planShare(times, { fromSeconds, toSeconds, sound });
  } catch (error) {
    if (error instanceof OwnerError && error.code === "owner/no-whole-fragment") return null;
    throw error;
  }
}

import { LANES } from "../protocol/clip-keys.ts";
import { fragmentTiming, trackInfo } from "../protocol/fmp4.ts";
import type { SharedLane } from "../protocol/statements/consent.ts";
import { OwnerError } from "./errors.ts";
import type { OpenedClip, OpenedLane } from "./open-clip.ts";

/** When a fragment plays, in milliseconds from the clip's first picture; null: damaged. */
export type FragmentSpan = { readonly startMs: number; readonly endMs: number } | null;

/** Media fragments by index, the first being index 1. */
export interface ClipTimes {
  readonly video: readonly FragmentSpan[];
  readonly audio: readonly FragmentSpan[];
}

export interface ShareWish {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly sound: boolean;
}

/** What a consent would really give: never more than was asked for. */
export interface SharePlan {
  readonly lanes: readonly SharedLane[];
  /** Of the picture. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Of the sound; null when none goes along. */
  readonly sound: { readonly fromSeconds: number; readonly toSeconds: number } | null;
}

/** Errors of floating-point sums; far less than a frame. */
const SLACK_MS = 1e-6;

export function timesOf({ video, audio }: Pick<OpenedClip, "video" | "audio">): ClipTimes {
  return { video: spansOf(video), audio: spansOf(audio) };
}

function spansOf({ init, fragments }: OpenedLane): FragmentSpan[] {
  if (init === null) return fragments.map(() => null);
  const { timescale } = trackInfo(init);
  return fragments.map((fragment) => {
    if (fragment === null) return null;
    const { startMs, durationMs } = fragmentTiming(fragment, timescale);
    return { startMs, endMs: startMs + durationMs };
  });
}

/**
 * Snaps a wish inward to whole fragments: of the picture those wholly inside the seconds, of the sound those wholly
 * inside that picture. Nothing is rounded outward.
 * @throws OwnerError `owner/no-whole-fragment` naming the nearest ranges; `owner/damaged-range`.
 */
export function planShare({ video, audio }: ClipTimes, wish: ShareWish): SharePlan {
  const picture = insideOf(video, wish.fromSeconds * 1000, wish.toSeconds * 1000);
  if (picture === null) throw new OwnerError("owner/no-whole-fragment", noneInside(video, wish));
  if (video.slice(picture.first - 1, picture.end - 1).includes(null)) {
    throw new OwnerError("owner/damaged-range", "a fragment of the picture in that range is damaged");
  }
  const sound = wish.sound ? insideOf(audio, picture.startMs, picture.endMs) : null;
  if (sound !== null && audio.slice(sound.first - 1, sound.end - 1).includes(null)) {
    throw new OwnerError("owner/damaged-range", "a fragment of the sound in that range is damaged");
  }
  const lanes: SharedLane[] = [{ lane: LANES.video, first: picture.first, end: picture.end }];
  if (sound !== null) lanes.push({ lane: LANES.audio, first: sound.first, end: sound.end });
  return { lanes, ...secondsOf(picture), sound: sound === null ? null : secondsOf(sound) };
}

interface Inside {
  /** Index in the lane, and one past the last. */
  readonly first: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
}

function insideOf(spans: readonly FragmentSpan[], fromMs: number, toMs: number): Inside | null {
  const isInside = (span: FragmentSpan): boolean =>
    span !== null && span.startMs >= fromMs - SLACK_MS && span.endMs <= toMs + SLACK_MS;
  const [first, last] = [spans.findIndex(isInside), spans.findLastIndex(isInside)];
  const [start, end] = [spans[first], spans[last]];
  if (!start || !end) return null;
  return { first: first + 1, end: last + 2, startMs: start.startMs, endMs: end.endMs };
}

const secondsOf = ({ startMs, endMs }: Inside) => ({ fromSeconds: startMs / 1000, toSeconds: endMs / 1000 });

const SUGGESTIONS = 2;

function noneInside(spans: readonly FragmentSpan[], { fromSeconds, toSeconds }: ShareWish): string {
  const middleMs = ((fromSeconds + toSeconds) / 2) * 1000;
  const distance = ({ startMs, endMs }: { startMs: number; endMs: number }): number =>
    Math.abs((startMs + endMs) / 2 - middleMs);
  const nearest = spans
    .filter((span) => span !== null)
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, SUGGESTIONS)
    .toSorted((a, b) => a.startMs - b.startMs)
    // To whole milliseconds outward: a suggestion that is asked for has its fragment inside.
    .map(({ startMs, endMs }) => `${Math.floor(startMs) / 1000}-${Math.ceil(endMs) / 1000}`);
  const inside = `no whole fragment lies inside seconds ${fromSeconds}-${toSeconds}`;
  return nearest.length === 0 ? `${inside}: the clip has no picture` : `${inside}; the nearest: ${nearest.join(", ")}`;
}

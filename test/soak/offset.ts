import { execFile } from "node:child_process";
import { PERIOD_SECONDS } from "./film.ts";

/** Resolution of the comparison; the picture itself changes only with a frame. */
export const STEPS_PER_SECOND = 1000;
const SAMPLES_PER_STEP = 8;
const BRIGHT = 128;
const LOUD = 3000;
const MOST_BYTES = 1 << 28;

/**
 * How much later than its flash each beep of a clip begins, in milliseconds; negative when it comes first. Both are decoded
 * onto one time line by what the file says of their times.
 */
export async function soundOffsetsMs(clip: string): Promise<number[]> {
  const flashes = risesOf(await brightness(clip), BRIGHT);
  const beeps = risesOf(await loudness(clip), LOUD);
  return pairs(flashes, beeps);
}

/** Steps at which a level rises above a threshold. What is above it from the beginning did not begin there. */
export function risesOf(levels: readonly number[], threshold: number): number[] {
  // A beep swings through zero, and an encoder rings: a rise counts after a quarter of a second of nothing.
  const quietSteps = STEPS_PER_SECOND / 4;
  const rises: number[] = [];
  let lastHigh = 0;
  for (const [i, level] of levels.entries()) {
    if (level < threshold) continue;
    if (i - lastHigh > quietSteps) rises.push(i);
    lastHigh = i;
  }
  return rises;
}

/** Each beep with the flash that is nearest to it. */
export function pairs(flashes: readonly number[], beeps: readonly number[]): number[] {
  const reachMs = (PERIOD_SECONDS * 1000) / 2;
  return beeps.flatMap((beep) => {
    const offsets = flashes.map((flash) => ((beep - flash) * 1000) / STEPS_PER_SECOND);
    const nearest = offsets.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
    return nearest === undefined || Math.abs(nearest) > reachMs ? [] : [nearest];
  });
}

async function brightness(clip: string): Promise<number[]> {
  const filter = `scale=1:1:flags=area,format=gray,fps=${STEPS_PER_SECOND}:start_time=0`;
  return [...(await decode(["-i", clip, "-map", "0:v", "-vf", filter, "-f", "rawvideo", "-"]))];
}

async function loudness(clip: string): Promise<number[]> {
  const rate = STEPS_PER_SECOND * SAMPLES_PER_STEP;
  const filter = `aresample=${rate}:async=1:first_pts=0`;
  const bytes = await decode(["-i", clip, "-map", "0:a", "-af", filter, "-ac", "1", "-f", "s16le", "-"]);
  const steps = Math.floor(bytes.length / 2 / SAMPLES_PER_STEP);
  return Array.from({ length: steps }, (_, step) => {
    let peak = 0;
    for (let i = 0; i < SAMPLES_PER_STEP; i += 1) {
      peak = Math.max(peak, Math.abs(bytes.readInt16LE((step * SAMPLES_PER_STEP + i) * 2)));
    }
    return peak;
  });
}

function decode(words: readonly string[]): Promise<Buffer> {
  const options = { encoding: "buffer", maxBuffer: MOST_BYTES } as const;
  return new Promise((resolve, reject) => {
    execFile("ffmpeg", ["-hide_banner", "-nostdin", "-loglevel", "error", ...words], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}

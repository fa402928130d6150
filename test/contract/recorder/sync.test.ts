import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Fragment } from "../../../src/device/recorder/recording.ts";
import { trackInfo } from "../../../src/protocol/fmp4.ts";
import { collect, H264, lane, makeFilm, scratch, startRecorder, useScratch } from "./recorder-rig.ts";

useScratch();

const run = promisify(execFile);
/** Few: an error of a whole frame is easily seen. */
const FRAMES_PER_SECOND = 10;
/** Well below one frame. */
const MOST_LAG_MS = 40;
const SAMPLE_RATE = 48_000;
const RAW = { encoding: "buffer", maxBuffer: 1 << 28 } as const;

/** A white flash and a beep at once, every second; `late` moves the beep. */
const flashes = (late: number): string[] => [
  ...[
    "-f",
    "lavfi",
    "-i",
    `color=c=black:s=64x64:r=${FRAMES_PER_SECOND},drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'`,
  ],
  ...["-f", "lavfi", "-i", `aevalsrc='sin(880*2*PI*t)*lt(mod(t-${late}+1,1),0.1)':s=${SAMPLE_RATE}`],
];

/** When something first goes from quiet to loud, in milliseconds of the recording. */
function onsetMs(levels: ArrayLike<number>, perSecond: number, startMs: number, threshold: number): number {
  let quiet = 0;
  for (let i = 0; i < levels.length; i++) {
    if (Math.abs(levels[i] ?? 0) < threshold) quiet += 1;
    else if (quiet > perSecond / 4) return startMs + (i * 1000) / perSecond;
    else quiet = 0;
  }
  throw new Error("nothing to hear or see");
}

/** How much later than the picture the sound is, within half a second. */
async function soundLagMs(fragments: readonly Fragment[]): Promise<number> {
  const video = lane(fragments, "video");
  const audio = lane(fragments, "audio");
  for (const [name, part] of [["v", video] as const, ["a", audio] as const]) {
    await writeFile(scratch(`${name}.mp4`), Buffer.concat(part.map(({ bytes }) => bytes)));
  }
  const decode = (name: string, ...output: string[]) =>
    run("ffmpeg", ["-nostdin", "-v", "error", "-i", scratch(`${name}.mp4`), ...output, "-"], RAW);
  const { stdout: gray } = await decode("v", "-vf", "scale=1:1", "-f", "rawvideo", "-pix_fmt", "gray");
  const { stdout: sound } = await decode("a", "-ac", "1", "-ar", String(SAMPLE_RATE), "-f", "s16le");
  const samples = new Int16Array(sound.buffer, sound.byteOffset, sound.length >> 1);
  const flashMs = onsetMs(gray, FRAMES_PER_SECOND, 0, 128);
  const beepMs = onsetMs(samples, SAMPLE_RATE, audio[1]?.startMs ?? 0, 4000);
  return ((((beepMs - flashMs + 500) % 1000) + 1000) % 1000) - 500;
}

async function recordedLagMs(path: string): Promise<number> {
  const { recorder } = await startRecorder({ source: { kind: "file", path, subPath: null } });
  await sleep(3000);
  const recording = recorder.record("ring");
  if (recording === null) throw new Error("nothing recorded");
  expect(trackInfo(recording.inits.video).kind).toBe("video");
  return soundLagMs(await collect(recording));
}

test.each([
  ["copied", "copied.mp4", [...H264, "-g", "10", "-c:a", "aac"]],
  ["encoded here", "encoded.avi", ["-c:v", "mjpeg", "-c:a", "pcm_s16le"]],
  ["the camera's picture and our sound", "mixed.mkv", [...H264, "-g", "10", "-c:a", "pcm_s16le"]],
] as const)("sound begins with its picture, far closer than a frame, when both are %s", async (_how, name, codecs) => {
  const path = await makeFilm(name, ...flashes(0), "-t", "10", ...codecs);
  expect(Math.abs(await recordedLagMs(path))).toBeLessThan(MOST_LAG_MS);
});

test("the measurement sees sound that is 200 ms late", async () => {
  const path = await makeFilm("late.mp4", ...flashes(0.2), "-t", "10", ...H264, "-g", "10", "-c:a", "aac");
  const lagMs = await recordedLagMs(path);
  expect(lagMs).toBeGreaterThan(120);
  expect(lagMs).toBeLessThan(280);
});

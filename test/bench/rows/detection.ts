import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BLOCK_COLUMNS,
  BLOCK_FRAME_BYTES,
  BLOCK_FRAMES,
  BLOCK_FRAMES_PER_SECOND,
  BLOCK_ROWS,
} from "../../../src/device/recorder/capture-plan.ts";
import { MotionDetector } from "../../../src/device/recorder/motion/motion-detector.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import type { Measurement } from "../context.ts";
import { type LabelledClip, labelledClips } from "../labelled-clips.ts";
import { MotionPeer } from "../motion-peer.ts";
import { PublishedCamera } from "../published-camera.ts";
import { makeRow, type Pair, type Row } from "../row.ts";

const MISSED = "detection: events missed";
const FALSE = "detection: false events";
const REFERENCE = "tuned motion";

/** A detector may be a little early by the cut of the film, and late by the length of its memory. */
const EARLY_SECONDS = 0.5;
const LATE_SECONDS = 2;

interface Score {
  readonly missed: number;
  readonly wrong: number;
}

function score({ events, seconds }: LabelledClip, startsSeconds: readonly number[]): Score {
  const isDuring = (at: number, [from, until]: LabelledClip["events"][number]): boolean =>
    at >= from - EARLY_SECONDS && at <= until + LATE_SECONDS;
  return {
    missed: events.filter((event) => !startsSeconds.some((at) => isDuring(at, event))).length,
    // What ends the first run may be reported when the second has begun.
    wrong: startsSeconds.filter((at) => !events.some((event) => isDuring(at, event) || isDuring(at + seconds, event)))
      .length,
  };
}

/** Each clip runs twice and the second time counts, since the peer takes its time to connect. */
function ourStarts({ path, seconds }: LabelledClip): readonly number[] {
  const gray = execFileSync("ffmpeg", ["-loglevel", "error", "-stream_loop", "1", "-i", path, ...BLOCK_FRAMES, "-"], {
    maxBuffer: 1e9,
  });
  const size = BLOCK_FRAME_BYTES;
  const detector = new MotionDetector(BLOCK_COLUMNS, BLOCK_ROWS, recorderDefaults.motion);
  const starts: number[] = [];
  for (let i = 0; (i + 1) * size <= gray.length; i += 1) {
    const at = i / BLOCK_FRAMES_PER_SECOND;
    if (detector.push(gray.subarray(i * size, (i + 1) * size), at * 1000)) starts.push(at - seconds);
  }
  return starts;
}

export const detection: Measurement = {
  rows: [MISSED, FALSE],
  async measure({ workDir, say }): Promise<readonly Row[]> {
    const clips = await labelledClips();
    const seconds = Math.max(...clips.map((clip) => clip.seconds));
    const camera = new PublishedCamera();
    await camera.start(Object.fromEntries(clips.map(({ name, path }) => [`/${name}`, path])));
    const startedMs = Date.now();
    say(`motion watches ${clips.length} labelled clips in real time, ${2 * seconds} s`);
    const watches = clips.map((clip) => ({ clip, peer: new MotionPeer(join(workDir, clip.name)) }));
    await Promise.all(
      watches.map(({ clip, peer }) => peer.start({ sub: camera.url(`/${clip.name}`), main: null }, { event_gap: 3 })),
    );
    await sleep(startedMs + (2 * seconds + LATE_SECONDS) * 1000 - Date.now());
    await Promise.all(watches.map(({ peer }) => peer.stop()));
    await camera.stop();
    const scores = watches.map(({ clip, peer }) => {
      const theirStarts = peer.eventStartsMs().map((ms) => (ms - startedMs) / 1000 - clip.seconds);
      const inSecondRun = (at: number): boolean => at >= 0 && at < clip.seconds;
      const ours = score(clip, ourStarts(clip).filter(inSecondRun));
      const theirs = score(clip, theirStarts.filter(inSecondRun));
      say(
        `${clip.name}: ours missed ${ours.missed}, false ${ours.wrong}; motion missed ${theirs.missed}, false ${theirs.wrong}`,
      );
      return { ours, theirs };
    });
    const pairsOf = (of: (score: Score) => number): Pair[] =>
      scores.map(({ ours, theirs }) => ({ ours: of(ours), reference: of(theirs) }));
    const events = clips.reduce((total, clip) => total + clip.events.length, 0);
    const note = `${clips.length} clips, ${events} events`;
    const missed = pairsOf((one) => one.missed);
    const wrong = pairsOf((one) => one.wrong);
    const wrongOfMotion = wrong.reduce((total, { reference }) => total + reference, 0);
    const common = { unit: "events", referenceName: REFERENCE, combine: "sum" } as const;
    return [
      makeRow({ ...common, name: MISSED, target: { of: "ours", atMost: 0 } }, missed, note),
      makeRow({ ...common, name: FALSE, target: { of: "ours", atMost: wrongOfMotion } }, wrong, note),
    ];
  },
};

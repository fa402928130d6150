import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { Recorder } from "../../../src/device/recorder/recorder.ts";
import { type RecorderConfig, recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import type { Fragment, Recording } from "../../../src/device/recorder/recording.ts";

const run = promisify(execFile);

/** Small enough that an encoder beside other tests keeps up. */
export const SMALL = { width: 320, height: 180, framesPerSecond: 15, bitrateKbps: 300 } as const;

export interface Rig {
  readonly recorder: Recorder;
  /** Of what goes wrong and is mended. */
  readonly notices: string[];
  /** How often a capture came to give all that a clip needs. */
  readonly timesReady: () => number;
  /** How often a camera was found lost. */
  readonly timesLost: () => number;
  /** How often motion was reported. */
  readonly motions: () => number;
  readonly config: RecorderConfig;
}

let base = "";

/** A folder for one test file's films; call it at the top of the file. */
export function useScratch(): void {
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), "recorder-"));
  });
  afterAll(() => rm(base, { recursive: true, force: true }));
}

export const scratch = (name: string): string => join(base, name);

let rigs = 0;

/** A started recorder that has pictures; stopped when the test ends. */
export async function startRecorder(changes: Partial<RecorderConfig> = {}): Promise<Rig> {
  const rig = makeRecorder(changes);
  onTestFinished(() => rig.recorder.stop());
  await rig.recorder.start();
  await rig.recorder.ready();
  return rig;
}

/** Of a longer sleep nothing but its signal wakes. */
export const clockThatSleepsAtMost = (mostMs: number): Clock => ({
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms > mostMs ? 2 ** 31 - 1 : ms, signal),
});

export function makeRecorder(changes: Partial<RecorderConfig> = {}, clock: Clock = systemClock): Rig {
  const notices: string[] = [];
  let timesReady = 0;
  let timesLost = 0;
  let motions = 0;
  const config: RecorderConfig = {
    ...recorderDefaults,
    picture: SMALL,
    preRollMs: 2000,
    postRollMs: 1500,
    runtimeDir: scratch(`run-${++rigs}`),
    ...changes,
  };
  const noted = (event: string): void => {
    if (event === "camera lost" || event === "camera still lost") timesLost += 1;
  };
  const recorder = new Recorder(config, {
    clock,
    log: { ...silentLog, warn: noted, debug: noted },
    notices: {
      emit: (name) => {
        if (name === "cameraReady") timesReady += 1;
        else notices.push(name);
      },
    },
    onMotion: () => {
      motions += 1;
    },
  });
  return {
    recorder,
    notices,
    timesReady: () => timesReady,
    timesLost: () => timesLost,
    motions: () => motions,
    config,
  };
}

/** Makes a film with ffmpeg. */
export async function makeFilm(name: string, ...args: readonly string[]): Promise<string> {
  const path = scratch(name);
  await run("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...args, path]);
  return path;
}

export const TEST_PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15"];
export const TEST_TONE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
export const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

export async function collect(recording: Recording): Promise<Fragment[]> {
  const fragments: Fragment[] = [];
  for await (const fragment of recording.fragments) fragments.push(fragment);
  return fragments;
}

export const lane = (fragments: readonly Fragment[], name: Fragment["lane"]): Fragment[] =>
  fragments.filter((fragment) => fragment.lane === name);

export interface Played {
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly codec: string;
  readonly width: number | undefined;
  readonly packets: number;
  /** What a full decode complains about. */
  readonly complaints: string;
}

/** Plays a lane as a file of its own. */
export async function play(fragments: readonly Fragment[]): Promise<Played> {
  const path = scratch(`lane-${Math.random()}.mp4`);
  await writeFile(path, Buffer.concat(fragments.map(({ bytes }) => bytes)));
  return playFile(path);
}

/** Plays a whole MP4. */
export async function playMp4(mp4: Uint8Array | null | undefined): Promise<Played> {
  const path = scratch(`film-${Math.random()}.mp4`);
  await writeFile(path, mp4 ?? "");
  return playFile(path);
}

export async function playFile(path: string): Promise<Played> {
  const show = ["-v", "error", "-count_packets", "-of", "json", "-show_streams", path];
  const { stdout } = await run("ffprobe", show);
  const [stream] = (JSON.parse(stdout) as { streams: Record<string, string | number>[] }).streams;
  const { stderr } = await run("ffmpeg", ["-nostdin", "-v", "error", "-i", path, "-f", "null", "-"]);
  return {
    startSeconds: Number(stream?.start_time),
    durationSeconds: Number(stream?.duration),
    codec: String(stream?.codec_name),
    width: stream?.width === undefined ? undefined : Number(stream.width),
    packets: Number(stream?.nb_read_packets),
    complaints: stderr,
  };
}

/** Process ids of this process's children with that name, or of all whose command line holds the text. */
export async function processesWith(text: string): Promise<number[]> {
  const { stdout } = await run("ps", ["-eo", "pid=,args="], { maxBuffer: 1 << 24 });
  return stdout
    .split("\n")
    .filter((line) => line.includes(text) && !/^\s*\d+ (ps|node|sh|\/bin\/sh) /.test(line))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid !== process.pid && isRunning(pid));
}

/** The one ffmpeg that films for this recorder. */
export async function ffmpegOf({ config }: Rig): Promise<number> {
  const [pid] = await processesWith(`unix:${config.runtimeDir}/camera/video-`);
  if (pid === undefined) throw new Error("no ffmpeg films");
  return pid;
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

/** Waits for something to become true that no event tells. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(50);
}

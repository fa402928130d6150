import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CatPeer } from "../cat-peer.ts";
import type { Measurement } from "../context.ts";
import { DoorbellPeer } from "../doorbell-peer.ts";
import { MotionPeer } from "../motion-peer.ts";
import { type CpuSplit, cpuSplit, treeCpuSeconds } from "../process-tree.ts";
import { PublishedCamera } from "../published-camera.ts";
import { makeRow, median, type Pair, type Row, type RowDefinition } from "../row.ts";
import { doorScene, VISIT } from "../scene.ts";

const CAT = "the same ffmpeg and outputs, read by cat";
const MOTION = "motion 4.5, sub-stream, pass-through, tuned, in clear";
const unit = "CPU s/min";

const definitions = {
  betweenEvents: {
    name: "recording, PIR, between events",
    unit,
    referenceName: CAT,
    target: { of: "ratio", atMost: 1.2 },
  },
  whileRecording: {
    name: "recording, PIR, all the time",
    unit,
    referenceName: CAT,
    target: { of: "ratio", atMost: 1.6 },
  },
  pixels: {
    name: "recording, pixels of a sub-stream, a visit a minute",
    unit,
    referenceName: CAT,
    target: { of: "ratio", atMost: 2 },
  },
  pirOverMotion: {
    name: "recording a visit a minute, PIR",
    unit,
    referenceName: MOTION,
    target: { of: "ratio", atMost: 0.8 },
  },
  pixelsOverMotion: {
    name: "recording a visit a minute, pixels",
    unit,
    referenceName: MOTION,
    target: { of: "ratio", atMost: 1.3 },
  },
} as const satisfies Record<string, RowDefinition>;

/**
 * Nothing happens in it, or the same all the time. The kernel tells a process's time in steps of 10 ms, and a minute between
 * events takes 20 of them.
 */
const EVEN_WINDOW_SECONDS = 60;
/** Long enough for a recording of the phase before to have ended. */
const SETTLE_SECONDS = 20;

interface Running {
  readonly pir: DoorbellPeer;
  readonly pixels: DoorbellPeer;
  readonly motion: MotionPeer;
  readonly pirFloor: CatPeer;
  readonly pixelsFloor: CatPeer;
}

/** CPU seconds a minute of everything that runs, over one window. */
type Totals = Readonly<Record<keyof Running, number>>;
interface Usage extends Totals {
  readonly splits: Readonly<Record<"pir" | "pixels", CpuSplit>>;
}

function cpuOf(running: Running): Totals {
  const sum = (pids: readonly number[]): number => pids.reduce((total, pid) => total + treeCpuSeconds(pid), 0);
  return {
    pir: sum([running.pir.pid]),
    pixels: sum([running.pixels.pid]),
    motion: sum([running.motion.pid]),
    pirFloor: sum(running.pirFloor.pids),
    pixelsFloor: sum(running.pixelsFloor.pids),
  };
}

async function oneWindow(running: Running, seconds: number): Promise<Usage> {
  const before = cpuOf(running);
  const splitBefore = { pir: cpuSplit(running.pir.pid), pixels: cpuSplit(running.pixels.pid) };
  const startedMs = performance.now();
  await sleep(seconds * 1000);
  const after = cpuOf(running);
  const minutes = (performance.now() - startedMs) / 60_000;
  const perMinute = (name: keyof Running): number => (after[name] - before[name]) / minutes;
  const splitOf = (name: "pir" | "pixels"): CpuSplit => {
    const now = cpuSplit(running[name].pid);
    const spent = (part: keyof CpuSplit): number => (now[part] - splitBefore[name][part]) / minutes;
    return {
      ownUser: spent("ownUser"),
      ownSystem: spent("ownSystem"),
      runningChildren: spent("runningChildren"),
    };
  };
  for (const floor of [running.pirFloor, running.pixelsFloor]) {
    if (floor.hasEnded) throw new Error(`the reference's ffmpeg ended: ${floor.output}`);
  }
  return {
    pir: perMinute("pir"),
    pixels: perMinute("pixels"),
    motion: perMinute("motion"),
    pirFloor: perMinute("pirFloor"),
    pixelsFloor: perMinute("pixelsFloor"),
    splits: { pir: splitOf("pir"), pixels: splitOf("pixels") },
  };
}

/** Where ours goes, in CPU seconds a minute. */
function splitNote(usages: readonly Usage[], ours: "pir" | "pixels"): string {
  const part = (name: keyof CpuSplit): string => median(usages.map(({ splits }) => splits[ours][name])).toFixed(2);
  return `ffmpeg ${part("runningChildren")}, daemon ${part("ownUser")} user + ${part("ownSystem")} kernel`;
}

async function startAll(camera: PublishedCamera, workDir: string): Promise<Running> {
  const running = {
    pir: new DoorbellPeer(join(workDir, "a")),
    pixels: new DoorbellPeer(join(workDir, "b")),
    motion: new MotionPeer(join(workDir, "m")),
    pirFloor: new CatPeer(join(workDir, "c")),
    pixelsFloor: new CatPeer(join(workDir, "e")),
  };
  const main = camera.url("/main");
  const sub = camera.url("/sub");
  await running.motion.start({ sub, main });
  await running.pir.start({ main, sub: null });
  await running.pixels.start({ main, sub });
  await running.pirFloor.start(running.pir.ffmpegArguments() ?? []);
  await running.pixelsFloor.start(running.pixels.ffmpegArguments() ?? []);
  return running;
}

/** Everything runs at the same time, before the same camera; a window's numbers are of the same seconds. */
export const recording: Measurement = {
  rows: Object.values(definitions).map(({ name }) => name),
  async measure({ pairs: count, workDir, wants, say }) {
    const { main, sub } = await doorScene();
    const camera = new PublishedCamera();
    await camera.start({ "/main": main, "/sub": sub });
    const startedMs = performance.now();
    const running = await startAll(camera, workDir);
    const toCycleStart = (signal?: AbortSignal): Promise<void> => {
      const cycleMs = VISIT.cycleSeconds * 1000;
      return sleep(cycleMs - ((performance.now() - startedMs) % cycleMs), undefined, { signal });
    };
    const phase = async (
      rows: readonly RowDefinition[],
      what: string,
      seconds: number,
      during: (signal: AbortSignal) => Promise<void>,
    ): Promise<Usage[]> => {
      if (!rows.some(({ name }) => wants(name))) return [];
      say(`${what}: ${count} windows of ${seconds} s`);
      const ending = new AbortController();
      const acting = during(ending.signal).catch(() => {});
      await sleep(SETTLE_SECONDS * 1000);
      if (seconds === VISIT.cycleSeconds) await toCycleStart();
      const usages: Usage[] = [];
      for (let i = 0; i < count; i += 1) usages.push(await oneWindow(running, seconds));
      ending.abort();
      await acting;
      return usages;
    };

    const idle = await phase([definitions.betweenEvents], "the PIR sees nothing", EVEN_WINDOW_SECONDS, async () => {});
    const busy = await phase(
      [definitions.whileRecording],
      "the PIR records all the time",
      EVEN_WINDOW_SECONDS,
      async (signal) => {
        for (;;) {
          await running.pir.simulate("motion", 2000);
          await sleep(4000, undefined, { signal });
        }
      },
    );
    const visited = await phase(
      [definitions.pixels, definitions.pirOverMotion, definitions.pixelsOverMotion],
      "PIR, pixels and motion each record a visit a minute",
      VISIT.cycleSeconds,
      async (signal) => {
        for (;;) {
          await toCycleStart(signal);
          await sleep(VISIT.fromSeconds * 1000, undefined, { signal });
          await running.pir.simulate("motion", (VISIT.untilSeconds - VISIT.fromSeconds) * 1000);
        }
      },
    );

    const least = visited.length;
    const recordedByMotion = running.motion.eventStartsMs().length;
    const recordedByPixels = running.pixels.clips();
    if (Math.min(recordedByMotion, recordedByPixels) < least) {
      throw new Error(`of ${least} visits and more, motion recorded ${recordedByMotion}, pixels ${recordedByPixels}`);
    }
    if (running.pir.clips() < least) throw new Error(`the PIR recorded ${running.pir.clips()} clips only`);
    await camera.stop();

    const row = (
      definition: RowDefinition,
      usages: readonly Usage[],
      ours: "pir" | "pixels",
      reference: keyof Running,
    ): Row[] => {
      const pairs = usages.map((usage): Pair => ({ ours: usage[ours], reference: usage[reference] }));
      return pairs.length === 0 ? [] : [makeRow(definition, pairs, splitNote(usages, ours))];
    };
    return [
      ...row(definitions.betweenEvents, idle, "pir", "pirFloor"),
      ...row(definitions.whileRecording, busy, "pir", "pirFloor"),
      ...row(definitions.pixels, visited, "pixels", "pixelsFloor"),
      ...row(definitions.pirOverMotion, visited, "pir", "motion"),
      ...row(definitions.pixelsOverMotion, visited, "pixels", "motion"),
    ];
  },
};

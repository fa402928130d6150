import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import type { EngineName } from "../../../src/device/live/live-peer.ts";
import { LiveView } from "../../../src/device/live/live-view.ts";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { Recorder } from "../../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import type { Measurement } from "../context.ts";
import { DatachannelPeer } from "../datachannel-peer.ts";
import { type DoorEnd, framesDecoded, launchViewer, watching } from "../live-viewer.ts";
import { commandLine, processCpuSeconds, processTree, treeCpuSeconds } from "../process-tree.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/program/live-child.mjs");
/** By then all three programs have compiled what they run. */
const SETTLING_MS = 15_000;
const WINDOW_MS = 20_000;

const transcoding: RowDefinition = {
  name: "live view of 720p15, one viewer",
  unit: "CPU s/min",
  referenceName: "the same picture through node-webrtc, which transcodes",
  target: { of: "ratio", atMost: 0.13 },
};
const forwarding: RowDefinition = {
  name: "live view of 720p15, one viewer, over node-datachannel",
  unit: "CPU s/min",
  referenceName: "node-datachannel forwarding the same RTP",
  target: { of: "ratio", atMost: 2.5 },
};

/** CPU seconds a minute. */
interface Cpu {
  /** The process of the view and its ffmpeg, and what the recorder's process has to do for a viewer. */
  readonly all: number;
  /** The engine's process alone. */
  readonly engine: number;
  readonly ffmpeg: number;
}

const cpuOf = (pid: number): { readonly tree: number; readonly engine: number; readonly here: number } => ({
  tree: treeCpuSeconds(pid),
  engine: processCpuSeconds(pid),
  here: processCpuSeconds(process.pid),
});

/** What this process, which is the recorder's too, uses in a minute while nobody watches. */
async function idleHere(): Promise<number> {
  const before = processCpuSeconds(process.pid);
  await sleep(WINDOW_MS);
  return ((processCpuSeconds(process.pid) - before) * 60_000) / WINDOW_MS;
}

async function measure(browser: Browser, door: DoorEnd, pid: () => number, idle: number): Promise<Cpu> {
  return watching(browser, door, async (page) => {
    await sleep(SETTLING_MS);
    const [before, framesBefore, startMs] = [cpuOf(pid()), await framesDecoded(page), performance.now()];
    await sleep(WINDOW_MS);
    const minutes = (performance.now() - startMs) / 60_000;
    const [after, frames] = [cpuOf(pid()), (await framesDecoded(page)) - framesBefore];
    // A view that stutters is cheap: half the frames at least have to be seen.
    if (frames < (WINDOW_MS * 15) / 2000) throw new Error(`only ${frames} frames in ${WINDOW_MS / 1000} s`);
    const tree = (after.tree - before.tree) / minutes;
    const engine = (after.engine - before.engine) / minutes;
    const here = (after.here - before.here) / minutes;
    return { all: tree + Math.max(0, here - idle), engine, ffmpeg: tree - engine };
  });
}

/** The process of the one view that this one has. */
function viewPid(): number {
  const view = processTree(process.pid).find(({ pid }) => commandLine(pid).includes(PROGRAM));
  if (view === undefined) throw new Error("the view has no process");
  return view.pid;
}

function openView(recorder: Recorder, engine: EngineName): LiveView {
  const plan = {
    streamSocket: recorder.liveSocketPath,
    ffmpegPath: "ffmpeg",
    iceServers: [],
    sound: true,
    speaker: { kind: "off" } as const,
    transcodedSize: { width: 1280, height: 720 }, // the picture that ours passes through
  };
  return new LiveView(PROGRAM, plan, engine, { connected: () => {}, ended: () => {} });
}

const share = (parts: readonly Cpu[], of: (cpu: Cpu) => number): number =>
  Math.round((100 * parts.reduce((sum, cpu) => sum + of(cpu), 0)) / parts.reduce((sum, cpu) => sum + cpu.all, 0));

/** In turns, each seen by the same real browser, whose own work counts for none. */
export const live: Measurement = {
  rows: [transcoding.name, forwarding.name],
  async measure({ pairs: count, workDir, wants, say }) {
    const recorder = new Recorder(
      { ...recorderDefaults, runtimeDir: join(workDir, "run") },
      { clock: systemClock, log: silentLog, notices: { emit: () => {} }, onMotion: () => {} },
    );
    const browser = await launchViewer();
    try {
      await recorder.start();
      await recorder.ready();
      const idle = await idleHere();
      const [views, transcoded, forwarded]: [Cpu[], Pair[], Pair[]] = [[], [], []];
      for (let i = 0; i < count; i += 1) {
        say(`pair ${i + 1} of ${count}`);
        const ours = await measure(browser, openView(recorder, "werift"), viewPid, idle);
        views.push(ours);
        if (wants(transcoding.name)) {
          const { all } = await measure(browser, openView(recorder, "node-webrtc"), viewPid, idle);
          transcoded.push({ ours: ours.all, reference: all });
        }
        if (wants(forwarding.name)) {
          const peer = await DatachannelPeer.start(recorder.liveSocketPath, { sound: true });
          const { all } = await measure(browser, peer, () => peer.pid, idle);
          forwarded.push({ ours: ours.all, reference: all });
        }
      }
      const [engine, ffmpeg] = [share(views, (cpu) => cpu.engine), share(views, (cpu) => cpu.ffmpeg)];
      const note = `${engine} % in the engine's process, ${ffmpeg} % in its ffmpeg (AAC to Opus), the rest at the recorder's socket`;
      return [
        ...(transcoded.length > 0 ? [makeRow(transcoding, transcoded, note)] : []),
        ...(forwarded.length > 0 ? [makeRow(forwarding, forwarded, note)] : []),
      ];
    } finally {
      await browser.close();
      await recorder.stop();
    }
  },
};

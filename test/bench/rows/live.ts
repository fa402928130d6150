import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import type { EngineName } from "../../../src/device/live/live-peer.ts";
import { LiveView } from "../../../src/device/live/live-view.ts";
import type { Measurement } from "../context.ts";
import { DatachannelPeer } from "../datachannel-peer.ts";
import { type DoorEnd, framesDecoded, launchViewer, watching } from "../live-viewer.ts";
import { commandLine, processCpuSeconds, processTree, treeCpuSeconds } from "../process-tree.ts";
import { RecorderPeer } from "../recorder-peer.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/program/live-child.mjs");
/** By then V8 has compiled what ours runs for each packet; half of what it costs in the first half minute is that. */
const SETTLING_MS = 45_000;
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

/** A recorder, and what its process uses in a minute while nobody watches. */
interface Stand {
  readonly recorder: RecorderPeer;
  readonly idle: number;
}

async function idleOf({ pid }: RecorderPeer): Promise<number> {
  const before = processCpuSeconds(pid);
  await sleep(WINDOW_MS);
  return ((processCpuSeconds(pid) - before) * 60_000) / WINDOW_MS;
}

async function measure(browser: Browser, door: DoorEnd, pid: () => number, { recorder, idle }: Stand): Promise<Cpu> {
  const cpuNow = () => ({
    tree: treeCpuSeconds(pid()),
    engine: processCpuSeconds(pid()),
    recorder: processCpuSeconds(recorder.pid),
  });
  return watching(browser, door, async (page) => {
    await sleep(SETTLING_MS);
    const [before, framesBefore, startMs] = [cpuNow(), await framesDecoded(page), performance.now()];
    await sleep(WINDOW_MS);
    const minutes = (performance.now() - startMs) / 60_000;
    const [after, frames] = [cpuNow(), (await framesDecoded(page)) - framesBefore];
    // A view that stutters is cheap: half the frames at least have to be seen.
    if (frames < (WINDOW_MS * 15) / 2000) throw new Error(`only ${frames} frames in ${WINDOW_MS / 1000} s`);
    const tree = (after.tree - before.tree) / minutes;
    const engine = (after.engine - before.engine) / minutes;
    const atSocket = (after.recorder - before.recorder) / minutes - idle;
    return { all: tree + Math.max(0, atSocket), engine, ffmpeg: tree - engine };
  });
}

/** The process of the one view that this one has. */
function viewPid(): number {
  const view = processTree(process.pid).find(({ pid }) => commandLine(pid).includes(PROGRAM));
  if (view === undefined) throw new Error("the view has no process");
  return view.pid;
}

function openView(recorder: RecorderPeer, engine: EngineName): LiveView {
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
    const recorder = await RecorderPeer.start(join(workDir, "run"));
    const browser = await launchViewer();
    try {
      const stand = { recorder, idle: await idleOf(recorder) };
      const [views, transcoded, forwarded]: [Cpu[], Pair[], Pair[]] = [[], [], []];
      for (let i = 0; i < count; i += 1) {
        say(`pair ${i + 1} of ${count}`);
        const ours = await measure(browser, openView(recorder, "werift"), viewPid, stand);
        views.push(ours);
        if (wants(transcoding.name)) {
          const { all } = await measure(browser, openView(recorder, "node-webrtc"), viewPid, stand);
          transcoded.push({ ours: ours.all, reference: all });
        }
        if (wants(forwarding.name)) {
          const peer = await DatachannelPeer.start(recorder.liveSocketPath, { sound: true });
          const { all } = await measure(browser, peer, () => peer.pid, stand);
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

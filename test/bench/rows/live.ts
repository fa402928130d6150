import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import type { EngineName } from "../../../src/device/live/live-peer.ts";
import { LiveView } from "../../../src/device/live/live-view.ts";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { Recorder } from "../../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import type { Measurement } from "../context.ts";
import { commandLine, processTree } from "../process-tree.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/program/live-child.mjs");
const WINDOW_SECONDS = 10;

const viewer: RowDefinition = {
  name: "live view of 720p15, one viewer",
  unit: "CPU s/min",
  referenceName: "the same view through node-webrtc, which transcodes",
  target: { of: "ratio", atMost: 0.13 },
};

interface Cpu {
  /** The process of the view and its ffmpegs, in CPU seconds a minute. */
  readonly all: number;
  /** The engine's process alone. */
  readonly engine: number;
}

/** Of every view's process below this one. */
function cpuOfViews(): { readonly all: number; readonly engine: number } {
  const roots = processTree(process.pid).filter(({ pid }) => commandLine(pid).includes(PROGRAM));
  const seconds = (ticks: number): number => ticks / 100;
  return {
    engine: seconds(roots.reduce((sum, { ownTicks }) => sum + ownTicks, 0)),
    all: seconds(roots.reduce((sum, { pid }) => sum + processTree(pid).reduce((own, { ticks }) => own + ticks, 0), 0)),
  };
}

/** The browser's end, in words that its page understands; types of a page are not known here. */
const ANSWER = `async (sdp) => {
  const peer = new RTCPeerConnection();
  const video = document.querySelector("video");
  const stream = new MediaStream();
  peer.ontrack = ({ track }) => { stream.addTrack(track); video.srcObject = stream; };
  await peer.setRemoteDescription({ type: "offer", sdp });
  await peer.setLocalDescription(await peer.createAnswer());
  while (peer.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
  globalThis.peer = peer;
  return peer.localDescription.sdp;
}`;
const DECODED = `async () => [...(await globalThis.peer.getStats()).values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "video")?.framesDecoded ?? 0`;

async function framesDecoded(page: Page): Promise<number> {
  return Number(await page.evaluate(`(${DECODED})()`));
}

async function measureView(browser: Browser, recorder: Recorder, engine: EngineName): Promise<Cpu> {
  const page = await browser.newPage();
  await page.setContent("<video autoplay playsinline muted></video>");
  const plan = {
    streamSocket: recorder.liveSocketPath,
    ffmpegPath: "ffmpeg",
    iceServers: [],
    sound: true,
    speaker: { kind: "off" } as const,
    transcodedSize: { width: 1280, height: 720 }, // the picture that ours passes through
  };
  const view = new LiveView(PROGRAM, plan, engine, { connected: () => {}, ended: () => {} });
  try {
    view.accept(String(await page.evaluate(`(${ANSWER})(${JSON.stringify(await view.offer())})`)));
    const until = performance.now() + 30_000;
    while ((await framesDecoded(page)) < 30) {
      if (performance.now() > until) throw new Error(`${engine}: the browser shows nothing`);
      await sleep(100);
    }
    const [before, framesBefore, startMs] = [cpuOfViews(), await framesDecoded(page), performance.now()];
    await sleep(WINDOW_SECONDS * 1000);
    const minutes = (performance.now() - startMs) / 60_000;
    const [after, frames] = [cpuOfViews(), (await framesDecoded(page)) - framesBefore];
    // A view that stutters is cheap: half the frames at least have to be seen.
    if (frames < (WINDOW_SECONDS * 15) / 2) throw new Error(`${engine}: only ${frames} frames in ${WINDOW_SECONDS} s`);
    return { all: (after.all - before.all) / minutes, engine: (after.engine - before.engine) / minutes };
  } finally {
    await view.close();
    await page.close();
  }
}

/** In turns, each seen by the same real browser, whose own work counts for neither. */
export const live: Measurement = {
  rows: [viewer.name],
  async measure({ pairs: count, workDir, say }) {
    const recorder = new Recorder(
      { ...recorderDefaults, runtimeDir: join(workDir, "run") },
      { clock: systemClock, log: silentLog, notices: { emit: () => {} }, onMotion: () => {} },
    );
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
    const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", ...quiet];
    const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
    try {
      await recorder.start();
      await recorder.ready();
      const pairs: Pair[] = [];
      const shares: number[] = [];
      for (let i = 0; i < count; i += 1) {
        say(`pair ${i + 1} of ${count}`);
        const ours = await measureView(browser, recorder, "werift");
        const reference = await measureView(browser, recorder, "node-webrtc");
        pairs.push({ ours: ours.all, reference: reference.all });
        shares.push(ours.engine / ours.all);
      }
      const engine = Math.round((100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length);
      return [makeRow(viewer, pairs, `${engine} % in the engine's process, the rest in its ffmpeg (RTP, Opus)`)];
    } finally {
      await browser.close();
      await recorder.stop();
    }
  },
};

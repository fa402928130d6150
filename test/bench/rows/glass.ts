import { join } from "node:path";
import type { Page } from "playwright-core";
import { LiveView } from "../../../src/device/live/live-view.ts";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { Recorder } from "../../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import { CLOCK, ClockCamera } from "../clock-camera.ts";
import type { Measurement } from "../context.ts";
import { DatachannelPeer } from "../datachannel-peer.ts";
import { type DoorEnd, launchViewer, watching } from "../live-viewer.ts";
import { makeRow, type Pair, percentile, type RowDefinition } from "../row.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/program/live-child.mjs");
const SETTLING_MS = 5000;
const WINDOW_MS = 15_000;

const glassToGlass: RowDefinition = {
  name: "live view, glass to glass, p95",
  unit: "ms",
  referenceName: "node-datachannel forwarding the same RTP",
  target: { of: "ours", atMost: 200 },
};

/** Reads the clock in each picture at the moment at which it is shown; what does not read the same both ways is left out. */
const LATENCIES = `async ({ block, bits, range, settlingMs, windowMs }) => {
  const video = document.querySelector("video");
  const canvas = new OffscreenCanvas(bits, 2);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  const latencies = [];
  const from = performance.now() + settlingMs;
  await new Promise((resolve) => {
    const look = (now, { expectedDisplayTime }) => {
      if (now > from + windowMs) return resolve();
      video.requestVideoFrameCallback(look);
      context.drawImage(video, 0, 0, bits * block, 2 * block, 0, 0, bits, 2);
      const { data } = context.getImageData(0, 0, bits, 2);
      const isLight = (x, y) => data[4 * (y * bits + x)] > 128;
      let clock = 0;
      for (let bit = 0; bit < bits; bit += 1) {
        if (isLight(bit, 0) === isLight(bit, 1)) return;
        if (isLight(bit, 0)) clock += 2 ** bit;
      }
      const shownMs = performance.timeOrigin + Math.max(now, expectedDisplayTime);
      if (now > from) latencies.push((((shownMs - clock) % range) + range) % range);
    };
    video.requestVideoFrameCallback(look);
  });
  return latencies;
}`;

const latenciesIn = async (page: Page): Promise<readonly number[]> => {
  const wanted = JSON.stringify({ ...CLOCK, settlingMs: SETTLING_MS, windowMs: WINDOW_MS });
  const seen = await page.evaluate<readonly number[]>(`(${LATENCIES})(${wanted})`);
  if (seen.length < (WINDOW_MS * 15) / 2000) throw new Error(`the clock could be read in ${seen.length} pictures only`);
  return seen;
};

/** Camera, recorder, view and browser on one machine, so one clock sees both ends. */
export const glass: Measurement = {
  rows: [glassToGlass.name],
  async measure({ pairs: count, workDir, say }) {
    const camera = new ClockCamera();
    const source = { kind: "rtsp", url: await camera.start(), subUrl: null } as const;
    const recorder = new Recorder(
      { ...recorderDefaults, source, runtimeDir: join(workDir, "run") },
      { clock: systemClock, log: silentLog, notices: { emit: () => {} }, onMotion: () => {} },
    );
    const browser = await launchViewer();
    const plan = {
      streamSocket: recorder.liveSocketPath,
      ffmpegPath: "ffmpeg",
      iceServers: [],
      sound: false,
      speaker: { kind: "off" } as const,
      transcodedSize: { width: 1280, height: 720 },
    };
    const latencies = (door: DoorEnd): Promise<readonly number[]> => watching(browser, door, latenciesIn);
    try {
      await recorder.start();
      await recorder.ready();
      const pairs: Pair[] = [];
      const medians: number[] = [];
      for (let i = 0; i < count; i += 1) {
        say(`pair ${i + 1} of ${count}`);
        const view = new LiveView(PROGRAM, plan, "werift", { connected: () => {}, ended: () => {} });
        const ours = await latencies(view);
        const reference = await latencies(await DatachannelPeer.start(recorder.liveSocketPath, { sound: false }));
        medians.push(percentile(ours, 0.5));
        pairs.push({ ours: percentile(ours, 0.95), reference: percentile(reference, 0.95) });
      }
      const middle = Math.round(percentile(medians, 0.5));
      return [makeRow(glassToGlass, pairs, `median ${middle} ms; the camera's encoder and Chromium included`)];
    } finally {
      await browser.close();
      await recorder.stop();
      await camera.stop();
    }
  },
};

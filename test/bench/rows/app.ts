/// <reference lib="dom" />
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../browser/browser.ts";
import { Door } from "../../browser/door.ts";
import { goTo, pair, ringOnce } from "../../browser/hands.ts";
import { until } from "../../browser/until.ts";
import { bundleProgram } from "../../fakes/daemon.ts";
import type { Measurement } from "../context.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const APP = "dist/app";
const KB = 1000;
const CLIPS = 10_000;
const DAYS = 14;

const firstFrame: RowDefinition = {
  name: "first frame of a 30 s clip in the app",
  unit: "ms",
  referenceName: "the same clip as a plain MP4 that is there already",
  target: { of: "ours", atMost: 500 },
};
const firstLoad: RowDefinition = {
  name: "first load of the app, gzip",
  unit: "kB",
  referenceName: "all parts of the app",
  target: { of: "ours", atMost: 150 },
};
const allParts: RowDefinition = {
  name: "all parts of the app, gzip",
  unit: "kB",
  referenceName: "its first load",
  target: { of: "ours", atMost: 350 },
};
const timeline: RowDefinition = {
  name: "a timeline of 10,000 clips opens",
  unit: "ms",
  referenceName: "one of a single clip",
  target: { of: "ours", atMost: 1000 },
};

function gzipKilobytes(files: readonly string[]): number {
  const sizes = files.map((file) => gzipSync(readFileSync(join(APP, file)), { level: 9 }).length);
  return sizes.reduce((sum, size) => sum + size, 0) / KB;
}

function sizes(): { readonly first: number; readonly all: number } {
  const page = readFileSync(join(APP, "index.html"), "utf8");
  const named = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].flatMap(([, file]) => file ?? []);
  const texts = readdirSync(APP, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(?:html|js|css|svg|webmanifest)$/.test(file),
  );
  return { first: gzipKilobytes(["index.html", ...named]), all: gzipKilobytes(texts) };
}

/** From the tap on a clip to its first picture on the screen; then the same film, whole, in an element of its own. */
async function timeFirstFrame(page: Page): Promise<Pair> {
  await goTo(page, "Timeline");
  await page.getByRole("link", { name: /^Ring/ }).first().waitFor();
  const ours = await page.evaluate(async () => {
    const shown = (video: HTMLVideoElement): Promise<number> =>
      new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now())));
    const begun = performance.now();
    document.querySelector<HTMLElement>(".clip-row")?.click();
    for (;;) {
      const video = document.querySelector("video");
      if (video !== null) return (await shown(video)) - begun;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as MP4" }).click();
  const film = readFileSync(await (await saved).path()).toString("base64");
  const reference = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const url = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
    const video = document.createElement("video");
    video.muted = true;
    document.body.append(video);
    const begun = performance.now();
    video.src = url;
    void video.play();
    await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    const took = performance.now() - begun;
    video.remove();
    return took;
  }, film);
  return { ours, reference };
}

/** From the beginning of the page to the first row on the screen, without a doorbell. */
async function timeTimeline(page: Page): Promise<number> {
  await page.reload();
  // It is in the page a moment before it is on the screen.
  const at = await page.waitForFunction(() => (window as unknown as { firstRowAt?: number }).firstRowAt);
  return Number(await at.jsonValue());
}

async function watchFirstRow(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const look = (): void => {
      if (document.querySelector(".clip-row") === null) return void requestAnimationFrame(look);
      requestAnimationFrame(() => Object.assign(window, { firstRowAt: performance.now() }));
    };
    requestAnimationFrame(look);
  });
}

/** Fills the phone's own index, sealed by its own key, as it is after months. */
async function fillIndex(page: Page): Promise<void> {
  await page.evaluate(
    async ({ count, days }) => {
      const settled = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve) => request.addEventListener("success", () => resolve(request.result)));
      const database = await settled(indexedDB.open("doorward"));
      const key = await settled(database.transaction("keys").objectStore("keys").get("storage"));
      const today = Math.floor(Date.now() / 86_400_000);
      for (let d = 0; d < days; d += 1) {
        const day = today + d;
        const entries = Array.from({ length: Math.ceil(count / days) }, (_, i) => ({
          id: (d * 1_000_000 + i).toString(16).padStart(32, "0"),
          day,
          bytes: 3_000_000,
          pinned: false,
          state: "sealed",
          trigger: i % 8 === 0 ? "ring" : "motion",
          startMs: Date.now() - d * 86_400_000 - i * 110_000,
          preRollMs: 5000,
          durationMs: 20_000,
          clockSet: true,
          closed: "full",
          hasStill: false,
          reading: "read",
        }));
        const iv = crypto.getRandomValues(new Uint8Array(12));
        const additionalData = new TextEncoder().encode(`doorward/app/clips-of-day-${day}`);
        const plain = new TextEncoder().encode(JSON.stringify(entries));
        const bytes = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key as CryptoKey, plain);
        await settled(database.transaction("days", "readwrite").objectStore("days").put({ iv, bytes }, day));
      }
      database.close();
    },
    { count: CLIPS, days: DAYS },
  );
}

export const app: Measurement = {
  rows: [firstFrame.name, firstLoad.name, allParts.name, timeline.name],
  async measure({ pairs }) {
    await bundleProgram();
    const door = await Door.start({ width: 1280, height: 720, postRoll: "28s" });
    const browser = await launchBrowser();
    try {
      const page = await (await browser.newContext({ acceptDownloads: true })).newPage();
      await watchFirstRow(page);
      await pair(page, door);
      await ringOnce(page, door);
      const frames: Pair[] = [];
      for (let i = 0; i < pairs; i += 1) {
        await page.goto(`${door.url}#/`);
        await page.reload(); // a page that has forgotten the film
        await page.getByText("Camera on").waitFor();
        frames.push(await timeFirstFrame(page));
      }
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
      await page.goto(`${door.url}#/timeline`);
      await page.reload();
      await door.shutDown();
      const single: number[] = [];
      for (let i = 0; i < pairs; i += 1) single.push(await timeTimeline(page));
      await fillIndex(page);
      const times: Pair[] = [];
      for (const reference of single) times.push({ ours: await timeTimeline(page), reference });
      const { first, all } = sizes();
      return [
        makeRow(firstFrame, frames),
        makeRow(firstLoad, [{ ours: first, reference: all }]),
        makeRow(allParts, [{ ours: all, reference: first }]),
        makeRow(timeline, times),
      ];
    } finally {
      await browser.close();
      await door.comeBack().catch(() => undefined);
      await door.stop();
    }
  },
};

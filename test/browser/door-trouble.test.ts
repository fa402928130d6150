import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RtspCamera } from "../fakes/rtsp-camera.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair, prepareShare, ringOnce } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

const VIEW = { viewport: { width: 360, height: 740 } };

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe("a doorbell that does not know the time", () => {
  let dir: string;
  let door: Door;
  let context: BrowserContext;
  let page: Page;
  const isSetBy = (): string => join(dir, "time-server-reached");

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "doorward-clock-"));
    const unset = join(import.meta.dirname, "../fakes/unset-clock.mjs");
    door = await Door.start({
      clock: "auto",
      environment: { NODE_OPTIONS: `--import ${unset}`, CLOCK_IS_SET_BY: isSetBy() },
    });
    context = await browser.newContext(VIEW);
    page = await context.newPage();
    await makeCard(join(door.dir, "neighbour.card"));
  });
  afterAll(async () => {
    await context?.close();
    await door?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const told = () => page.getByText("The doorbell does not know the time yet");

  test("pairs, says so, and records what opens all the same", async () => {
    await pair(page, door);
    await told().waitFor();
    await expectAccessible(page);
    await ringOnce(page, door);
    await goTo(page, "Timeline");
    await page.getByText("Clock not set").waitFor();
    await openNewest(page);
    await page.getByText("The doorbell's clock was not set").waitFor();
    await expectAccessible(page);
    const video = page.locator("video");
    await video.evaluate((element: HTMLVideoElement) => void element.play());
    await until(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 1));
  });

  test("accepts no share, and the phone says why before it signs", async () => {
    await prepareShare(page, join(door.dir, "neighbour.card"));
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByRole("alert").getByText("does not know the time").waitFor();
    await expectAccessible(page);
    expect(door.daemon.heard("consent refused")).toEqual([]);
  });

  test("accepts the same share once it has learned the time, and the warning goes by itself", async () => {
    await writeFile(isSetBy(), "");
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByText("Leaves in").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await goTo(page, "Home");
    await until(async () => (await told().count()) === 0);
  });

  test("is looked at again while the home screen is open", async () => {
    await rm(isSetBy());
    await door.shutDown();
    await door.comeBack();
    await told().waitFor();
    await writeFile(isSetBy(), "");
    await until(async () => (await told().count()) === 0);
  });
});

describe("a camera whose cable is pulled", () => {
  const camera = new RtspCamera();
  let unplug = async (): Promise<void> => {};
  let door: Door;
  let context: BrowserContext;
  let page: Page;
  let url: string;

  /** It films from now on. */
  const plugIn = async (): Promise<void> => {
    if (camera.isPublished("/front")) return;
    const player = spawn(
      "ffmpeg",
      [
        ...["-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10"],
        ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "10"],
        ...["-f", "rtsp", "-rtsp_transport", "tcp", url],
      ],
      { stdio: "ignore" },
    );
    const gone = once(player, "exit");
    unplug = async () => {
      player.kill("SIGKILL");
      await gone;
      await until(async () => !camera.isPublished("/front"));
    };
    await until(async () => camera.isPublished("/front"));
  };

  beforeAll(async () => {
    url = `${await camera.start()}/front`;
    await plugIn();
    door = await Door.start({ cameraUrl: url });
    context = await browser.newContext(VIEW);
    page = await context.newPage();
    await pair(page, door);
  });
  afterAll(async () => {
    await context?.close();
    await door?.stop();
    await unplug();
    camera.stop();
  });

  // Also for a second try, which begins with whatever the first left.
  beforeEach(async () => {
    const close = page.getByRole("button", { name: "Close" });
    if ((await close.count()) > 0) await close.click();
  });

  const live = () => page.locator("dialog.live");
  const framesShown = (): Promise<number> =>
    live()
      .locator("video")
      .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
  const watch = async (): Promise<void> => {
    await page.getByRole("button", { name: "Watch live" }).click({ timeout: 60_000 });
    await until(async () => (await framesShown()) > 5, 60_000);
  };

  const standsStill = () => live().getByText("No new picture is coming");

  test("leaves a live view that says it stands still, and shows the door again once it is plugged in", async () => {
    await plugIn();
    await watch();
    expect(await standsStill().count()).toBe(0); // control
    await unplug();
    await standsStill().waitFor();
    await expectAccessible(page);
    await door.daemon.says("camera lost");
    const before = await framesShown();
    await plugIn();
    await until(async () => (await framesShown()) > before + 5, 60_000);
    await until(async () => (await standsStill().count()) === 0);
    await page.getByRole("button", { name: "Close" }).click();
  });

  test("is told on the home screen, which offers no live view", async () => {
    await unplug();
    await page.getByText("The doorbell keeps trying").waitFor();
    await page.getByRole("button", { name: "Watch live" }).waitFor({ state: "detached" });
    await expectAccessible(page);
  });

  test("still rings, and promises no picture", async () => {
    await door.ring();
    await page.getByRole("heading", { name: "Somebody is at the door" }).waitFor();
    await page.getByText("The camera gives no picture.").waitFor();
    await page.getByText("on its way").waitFor({ state: "detached" });
    await expectAccessible(page);
    await page.getByRole("button", { name: "Answer" }).click();
    await live().getByRole("alert").getByText("The camera gives no picture now").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Close" }).click();
  });

  test("shows the door again once it is plugged in, without anybody's doing", async () => {
    await plugIn();
    await page.getByText("Camera on").waitFor({ timeout: 60_000 });
    await watch();
    await page.getByRole("button", { name: "Close" }).click();
  });
});

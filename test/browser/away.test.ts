import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OutsideMosquitto, startOutsideMosquitto } from "../fakes/outside-mosquitto.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair } from "./hands.ts";
import { until } from "./until.ts";

let broker: OutsideMosquitto;
let door: Door;
let browser: Browser;
let page: Page;
/** Whom the page spoke to over a WebSocket. */
const sockets: string[] = [];

beforeAll(async () => {
  broker = await startOutsideMosquitto();
  [door, browser] = await Promise.all([Door.start({ broker: broker.settings }), launchBrowser()]);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ignoreHTTPSErrors: true });
  page = await context.newPage();
  page.on("websocket", (socket) => sockets.push(socket.url()));
});

afterAll(async () => {
  await browser?.close();
  await door?.stop();
  await broker?.stop();
});

describe("a home whose broker is a Mosquitto elsewhere, reached by WebSockets over TLS", () => {
  test("pairs a phone there, and nowhere else", async () => {
    await pair(page, door);
    expect(new Set(sockets)).toEqual(new Set([broker.url]));
  });

  test("shows the app on what the phone kept, with the doorbell's own web server out of reach", async () => {
    await until(() =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"),
    );
    await page.reload();
    await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null));
    await page.context().route(`${door.url}**`, (route) => route.abort());
    await page.reload();
    await page.getByText("Camera on").waitFor();
  });

  test("lets a ring be heard, answered live and seen", async () => {
    await door.ring();
    await page.getByRole("button", { name: "Answer" }).click();
    const video = page.locator("dialog.live video");
    await until(async () =>
      video.evaluate((element: HTMLVideoElement) => element.getVideoPlaybackQuality().totalVideoFrames > 10),
    );
    await page.getByRole("button", { name: "Close" }).click();
    await door.daemon.says("clip sealed");
  });

  test("plays the recording over the link", async () => {
    await openNewest(page);
    await until(() => page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime > 1));
    await goTo(page, "Home");
  });

  test("has spoken to that broker only", () => expect(new Set(sockets)).toEqual(new Set([broker.url])));
});

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { admit, goTo, pair, pairAnother } from "./hands.ts";
import { until } from "./until.ts";

let door: Door;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  const microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  [door, browser] = await Promise.all([Door.start(), launchBrowser(microphone)]);
  page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await page.addInitScript(() => {
    const opened: MediaStreamTrack[] = [];
    Object.assign(window, { opened });
    if (navigator.mediaDevices === undefined) return;
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      opened.push(...stream.getTracks());
      return stream;
    };
  });
  await pair(page, door);
});

afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

const framesShown = (): Promise<number> =>
  page
    .locator("dialog.live video")
    .evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);

/** The loudest sample that came out of the simulated speaker so far. */
async function loudest(): Promise<number> {
  const bytes = await readFile(join(door.dir, "door/run/speaker.s16")).catch(() => Buffer.alloc(0));
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

/** Every microphone that the page has opened, and whether it still listens. */
const microphones = (): Promise<readonly string[]> =>
  page.evaluate(() =>
    (window as unknown as { readonly opened: readonly MediaStreamTrack[] }).opened.map(({ readyState }) => readyState),
  );

const lights = async (): Promise<readonly boolean[]> => [
  await door.daemon.isOn("recordingLed"),
  await door.daemon.isOn("talkLed"),
];

test("live in the app shows the door inside the home while the relay is dead", async () => {
  const relay = createSocket("udp4");
  relay.bind(0, "127.0.0.1");
  await once(relay, "listening");
  const away = await Door.start({ relay: `turn:127.0.0.1:${relay.address().port}?transport=udp` });
  const viewer = await (await browser.newContext()).newPage();
  try {
    await pair(viewer, away);
    await viewer.getByRole("button", { name: "Watch live" }).click();
    await viewer.getByText("The lights at the door show").waitFor();
  } finally {
    await viewer.context().close();
    await away.stop();
    relay.close();
  }
});

describe("live in the app, against a real doorbell", () => {
  test("says in words that are read aloud where it stands, also when another owner's privacy mode ends it", async () => {
    const other = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
    await pairAnother(page, other, door);
    await admit(page, other, "owner");
    await goTo(page, "Home");
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(window, { heard });
      const note = (): void => {
        for (const region of document.querySelectorAll("dialog.live [role=status]")) heard.push(region.textContent);
      };
      new MutationObserver(note).observe(document.body, { childList: true, characterData: true, subtree: true });
    });
    await page.getByRole("button", { name: "Watch live" }).click();
    await page.getByRole("status").getByText("The lights at the door show").waitFor();
    await goTo(other, "Settings");
    const privacy = other.getByRole("switch", { name: /^Privacy mode/ });
    await privacy.click();
    await page.getByRole("status").getByText("The view has ended.").waitFor();
    await until(async () => !(await lights()).includes(true));
    await until(() => privacy.isChecked());
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").getByText("The doorbell is in privacy mode").waitFor();
    await expectAccessible(page);
    await privacy.click();
    await until(async () => !(await privacy.isChecked()));
    await other.context().close();
    const heard = await page.evaluate(() => (window as unknown as { readonly heard: readonly string[] }).heard);
    expect(heard).toContain("Connecting to the door …");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Watch live" }).waitFor();
  });

  test("shows the door as it moves, and the lights at the door say so", async () => {
    expect(await lights()).toEqual([false, false]);
    await page.getByRole("button", { name: "Watch live" }).click();
    await until(async () => (await framesShown()) > 20);
    expect(await lights()).toEqual([true, true]);
    await expectAccessible(page);
  });

  test("opens the microphone while the button is held, and no longer", async () => {
    expect(await loudest()).toBeLessThan(500);
    expect(await microphones()).toEqual([]); // though the door is seen and heard
    const talk = page.getByRole("button", { name: "Hold to talk" });
    await talk.focus();
    await page.keyboard.down("Space");
    await page.getByText("They can hear you").waitFor();
    await until(async () => (await loudest()) > 2000);
    expect(await microphones()).toEqual(["live"]);
    await page.keyboard.up("Space");
    await page.getByText("They can hear you").waitFor({ state: "detached" });
    expect(await microphones()).toEqual(["ended"]);
  });

  test("opens one microphone however often the button is pressed while the browser asks, and leaves none open", async () => {
    const before = (await microphones()).length;
    await page.evaluate(() => {
      const open = navigator.mediaDevices.getUserMedia;
      let allow = (): void => {};
      const allowed = new Promise<void>((resolve) => {
        allow = resolve;
      });
      Object.assign(window, { allow });
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        await allowed;
        return open.call(navigator.mediaDevices, constraints);
      };
    });
    await page.getByRole("button", { name: "Hold to talk" }).focus();
    await page.keyboard.down("Space");
    await page.keyboard.up("Space");
    await page.keyboard.down("Space");
    await page.evaluate(() => (window as unknown as { allow(): void }).allow());
    await page.getByText("They can hear you").waitFor();
    await page.keyboard.up("Space");
    await page.getByText("They can hear you").waitFor({ state: "detached" });
    expect((await microphones()).slice(before)).toEqual(["ended"]);
  });

  test("saves a still of what is seen", async () => {
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save a still" }).click(),
    ]);
    const bytes = await readFile(await saved.path());
    expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  });

  test("ends when it is closed, and the lights go dark", async () => {
    await page.getByRole("button", { name: "Close" }).click();
    await until(async () => !(await lights()).includes(true));
    await page.locator("dialog.live").waitFor({ state: "detached" });
  });

  test("answers a ring", async () => {
    const before = await microphones();
    await door.ring();
    await page.getByRole("button", { name: "Answer" }).click();
    await until(async () => (await framesShown()) > 5);
    expect(await microphones()).toEqual(before); // answering opens none
    await page.getByRole("button", { name: "Close" }).click();
    await door.daemon.says("clip sealed");
  });

  test("is in the history, with its length and whose phone it was", async () => {
    await page.goto(`${door.url}#/audit`);
    await page.getByText("unbroken from the first one and signed by the doorbell").waitFor();
    await page
      .getByText(/watched live for/)
      .first()
      .waitFor();
    await expectAccessible(page);
  });

  test("shows nothing where the door's fingerprint was swapped on the way, and says so", async () => {
    await page.addInitScript(() => {
      const decode = TextDecoder.prototype.decode;
      TextDecoder.prototype.decode = function (...args) {
        const swap = (_: string, head: string, byte: string): string => `${head}${byte === "00" ? "11" : "00"}`;
        return decode.apply(this, args).replaceAll(/(a=fingerprint:sha-256 )([0-9A-Fa-f]{2})/g, swap);
      };
    });
    await page.goto(`${door.url}#/`);
    await page.reload();
    await page.getByRole("button", { name: "Watch live" }).click();
    await page.getByRole("alert").getByText("Somebody changed the connection on its way. Nothing is shown.").waitFor();
    expect(await framesShown()).toBe(0);
    expect(await page.locator("dialog.live video").isVisible()).toBe(false);
    await expectAccessible(page);
    await until(async () => !(await lights()).includes(true));
  });
});

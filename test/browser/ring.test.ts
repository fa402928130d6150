import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { pair } from "./hands.ts";
import { until } from "./until.ts";

let browser: Browser;
let door: Door;
let page: Page;

interface Sensed {
  /** Loudest frequencies of what reached the loudspeaker, in hertz. */
  readonly heard: readonly number[];
  /** How often the phone shook. */
  readonly shaken: number;
}
declare global {
  interface Window {
    sensed: { heard: number[]; shaken: number };
  }
}

/** Notes all that a person with the phone in their hand would notice. */
function notice(): void {
  const sensed = { heard: [] as number[], shaken: 0 };
  window.sensed = sensed;
  navigator.vibrate = () => {
    sensed.shaken += 1;
    return true;
  };
  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode;
  Object.assign(AudioNode.prototype, {
    connect(this: AudioNode, to: AudioNode): AudioNode {
      if (to instanceof AudioDestinationNode) {
        const analyser = to.context.createAnalyser();
        analyser.fftSize = 4096;
        connect.call(this, analyser);
        const loudness = new Float32Array(analyser.frequencyBinCount);
        setInterval(() => {
          analyser.getFloatFrequencyData(loudness);
          const loudest = loudness.indexOf(Math.max(...loudness));
          if ((loudness[loudest] ?? -200) > -50) {
            sensed.heard.push((loudest * to.context.sampleRate) / analyser.fftSize);
          }
        }, 20);
      }
      return connect.call(this, to);
    },
  });
}

const sensed = (): Promise<Sensed> => page.evaluate(() => window.sensed);
const heardNear = async (hertz: number): Promise<boolean> =>
  (await sensed()).heard.some((tone) => Math.abs(tone - hertz) < 20);
const rings = (): Promise<void> => door.ring();
const heading = () => page.getByRole("heading", { name: "Somebody is at the door" });

beforeAll(async () => {
  // As on a phone: no page sounds that nobody has touched.
  const autoplay = ["--autoplay-policy=document-user-activation-required"];
  [browser, door] = await Promise.all([launchBrowser(autoplay), Door.start({ postRoll: "10s" })]);
  page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await page.addInitScript(notice);
  await pair(page, door);
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

describe("a ring in the open app", () => {
  test("shows in silence where nobody has touched the page yet", async () => {
    await page.reload();
    await page.getByText("Camera on").waitFor();
    await rings();
    await heading().waitFor();
    await until(async () => (await sensed()).shaken === 1);
    await page.locator(".ring-picture img").waitFor();
    expect((await sensed()).heard).toEqual([]);
  });

  test("sounds like a bell once somebody has: two tones, one after the other", async () => {
    await page.getByRole("button", { name: "Not now" }).click();
    await rings();
    await heading().waitFor();
    await until(() => heardNear(660));
    await until(() => heardNear(528));
    const { heard } = await sensed();
    const first = (hertz: number): number => heard.findIndex((tone) => Math.abs(tone - hertz) < 20);
    expect(first(660)).toBeLessThan(first(528));
  });

  test("that comes while another one shows takes its place, and is noticed like the first", async () => {
    const picture = page.locator(".ring-picture img");
    await picture.waitFor();
    await picture.evaluate((image) => image.classList.add("of-the-first"));
    const said = await page.getByText(/^Rang at/).textContent();
    const { shaken } = await sensed();
    await sleep(1000); // the time is shown in whole seconds
    await rings();
    await until(async () => (await page.getByText(/^Rang at/).textContent()) !== said);
    expect(await page.locator(".of-the-first").count()).toBe(0);
    await until(async () => (await sensed()).shaken === shaken + 1);
    await picture.waitFor();
  });
});

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { qrImage } from "../../src/cli/qr-image.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair, ringOnce, tryAgain } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

const VIEW = { viewport: { width: 360, height: 740 } };

let browser: Browser;
let dir: string;
let door: Door;
let context: BrowserContext;
let page: Page;
const lens = (): string => join(dir, "lens.mjpeg");

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-lens-"));
  await holdBeforeLens("https://example.org/parcel/4711");
  [door, browser] = await Promise.all([
    Door.start(),
    launchBrowser([
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-video-capture=${lens()}`,
    ]),
  ]);
  context = await browser.newContext(VIEW);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** What the phone's camera sees from now on. */
async function holdBeforeLens(text: string): Promise<void> {
  const [picture, film] = [join(dir, "code.png"), join(dir, "next.mjpeg")];
  await writeFile(picture, qrImage(text));
  const scale = "scale=440:440:flags=neighbor,pad=640:480:100:20:white,format=yuvj420p";
  const words = ["-v", "error", "-y", "-loop", "1", "-i", picture, "-vf", scale, "-frames:v", "5", "-f", "mjpeg", film];
  await promisify(execFile)("ffmpeg", words);
  await rename(film, lens());
}

const video = () => page.locator("video");
const playedSeconds = (): Promise<number> => video().evaluate((element: HTMLVideoElement) => element.currentTime);

describe("the camera of a phone", () => {
  const scan = (): Promise<void> => page.getByRole("button", { name: "Scan the code" }).click();

  test("that sees a code of something else says so, and the next scan can be the right one", async () => {
    await page.goto(door.url);
    await scan();
    await page.getByRole("alert").getByText("not a Doorward pairing code").waitFor();
    await holdBeforeLens(await door.pairingCode());
    await scan();
    await page.getByRole("heading", { name: "Pair with this doorbell?" }).waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });
});

describe("a browser without room", () => {
  test("says so at pairing, and pairs once there is some", async () => {
    await page.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      Object.assign(window, { makeRoom: () => Object.assign(IDBObjectStore.prototype, { put }) });
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByRole("alert").getByText("no room left").waitFor();
    await page.evaluate(() => (window as unknown as { makeRoom(): void }).makeRoom());
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByText("Camera on").waitFor();
  });
});

describe("a recording plays", () => {
  beforeAll(() => ringOnce(page, door));

  /** Opens it in a page that another browser's engine would give, and tells what its film came out of. */
  const playIn = async (change: () => void): Promise<string> => {
    await page.close();
    page = await context.newPage();
    await page.addInitScript(() => {
      const make = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (source) => {
        if (!(source instanceof Blob) || source.type === "video/mp4") {
          Object.assign(window, { fedBy: source.constructor.name });
        }
        return make(source);
      };
    });
    await page.addInitScript(change);
    await page.goto(door.url);
    await openNewest(page);
    await until(async () => (await playedSeconds()) > 1);
    expect(await video().evaluate((element: HTMLVideoElement) => element.error)).toBeNull();
    return page.evaluate(() => (window as unknown as { fedBy: string }).fedBy);
  };

  test("part by part where the browser has MediaSource", async () => {
    expect(await playIn(() => undefined)).toBe("MediaSource"); // control of the two below
  });

  test("by ManagedMediaSource where that is all there is", async () => {
    const fedBy = await playIn(() => {
      class ManagedMediaSource extends MediaSource {}
      Object.assign(globalThis, { ManagedMediaSource });
      Reflect.deleteProperty(globalThis, "MediaSource");
    });
    expect(fedBy).toBe("ManagedMediaSource");
  });

  test("as a whole file where there is neither", async () => {
    expect(await playIn(() => void Reflect.deleteProperty(globalThis, "MediaSource"))).toBe("Blob");
  });

  test("after its session has expired, by a new one", async () => {
    const statuses: number[] = [];
    page.on("response", (response) => void (response.url().includes("/clips/") && statuses.push(response.status())));
    await page.route("**/clips/**", (route) => route.fulfill({ status: 401 }), { times: 1 });
    await page.goto(`${door.url}#/`);
    await page.reload();
    await openNewest(page);
    await until(async () => (await playedSeconds()) > 1);
    // They are asked side by side, so the refused one need not be the first that is answered.
    expect(statuses.filter((status) => status === 401)).toHaveLength(1);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(1);
    expect(new Set(statuses)).toEqual(new Set([401, 200]));
  });

  test("over the link where the doorbell's web server lets nobody in", async () => {
    await page.route("**/clips/**", (route) => route.fulfill({ status: 401 }));
    await page.goto(`${door.url}#/`);
    await page.reload();
    await openNewest(page);
    await until(async () => (await playedSeconds()) > 1);
    await page.unroute("**/clips/**");
  });
});

describe("a recipient's card", () => {
  let card = "";
  beforeEach(async () => {
    const file = join(dir, "neighbour.card");
    await makeCard(file);
    card = `doorward-card:${(await readFile(file)).toString("base64url")}`;
    await page.goto(`${door.url}#/`);
    await page.reload();
    await openNewest(page);
    await page.getByRole("button", { name: "Share" }).click();
  });
  const isTaken = (): Promise<void> => page.getByRole("heading", { name: "The neighbour" }).waitFor();

  test("is scanned from the screen that shows it", async () => {
    await holdBeforeLens(card);
    await page.getByRole("button", { name: "Scan their card" }).click();
    await isTaken();
  });

  test.each([
    ["its text", () => card],
    ["a link that carries it", () => `https://recipients.example/#${card}`],
  ])("is taken from %s", async (_what, text) => {
    await page.getByRole("button", { name: "Paste text" }).click();
    await page.getByLabel("Text of the card").fill(text());
    await page.getByRole("button", { name: "Go on" }).click();
    await isTaken();
  });

  test("that is none is told apart", async () => {
    await page.getByRole("button", { name: "Paste text" }).click();
    await page.getByLabel("Text of the card").fill(`${card.slice(0, 60)}A${card.slice(61)}`);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("alert").getByText("This is no recipient's card").waitFor();
  });
});

test("a recording plays over the link where another server answers everything with a page", async () => {
  let isAsked = 0;
  await page.route("**/clips/**", (route) => {
    isAsked += 1;
    return route.fulfill({ status: 200, contentType: "text/html; charset=utf-8", body: "<!doctype html>" });
  });
  await page.goto(`${door.url}#/`);
  await page.reload();
  await openNewest(page);
  await until(async () => (await playedSeconds()) > 1);
  expect(isAsked).toBeGreaterThan(0);
  const before = isAsked;
  await openNewest(page);
  expect(isAsked).toBe(before); // it is not asked twice
  await page.unroute("**/clips/**");
});

test("a recording that is being made is told of, also to who comes late, and not after its end", async () => {
  const slow = await Door.start({ postRoll: "60s" });
  const phone = await (await browser.newContext(VIEW)).newPage();
  try {
    await pair(phone, slow);
    await slow.ring();
    await phone.getByRole("button", { name: "Not now" }).click();
    await phone.getByText("Recording now").waitFor();
    await phone.reload();
    await phone.getByText("Recording now").waitFor();
    await slow.cutPower();
    await slow.comeBack();
    await tryAgain(phone);
    await phone.getByText("Camera on").waitFor();
    expect(await phone.getByText("Recording now").count()).toBe(0);
  } finally {
    await phone.context().close();
    await slow.stop();
  }
});

describe("a doorbell whose power fails while it is watched", () => {
  beforeAll(async () => {
    await page.close();
    page = await context.newPage();
    await page.goto(door.url);
  });

  /** The power goes when the first second of the film is there and the next is asked for. */
  const cutInTheMiddle = async (): Promise<void> => {
    let isCut = false;
    await page.route("**/clips/**", async (route) => {
      const [, first = "0"] = /\/(\d+)-\d+$/.exec(route.request().url()) ?? [];
      if (Number(first) < 2) return route.continue();
      if (!isCut) await door.cutPower();
      isCut = true;
      return route.abort();
    });
  };

  test("leaves what has come so far, says so, and plays to the end once it is back", async () => {
    await page.getByText("Camera on").waitFor();
    await goTo(page, "Timeline");
    await cutInTheMiddle();
    await page.getByRole("link", { name: /^Ring/ }).first().click();
    const told = page.getByRole("alert").getByText("The doorbell");
    await told.waitFor();
    await expectAccessible(page);
    await until(async () => (await playedSeconds()) > 0.3);
    expect(await page.getByRole("button", { name: "Share" }).isEnabled()).toBe(false);
    await page.unroute("**/clips/**");
    await door.comeBack();
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
    await until(async () => (await playedSeconds()) > 4);
    await told.waitFor({ state: "detached" });
  });

  test("a film that was there as a whole plays on", async () => {
    await openNewest(page);
    await door.cutPower();
    await video().evaluate((element: HTMLVideoElement) => {
      element.currentTime = 0;
      void element.play();
    });
    await until(async () => (await playedSeconds()) > 3);
    await page.locator(".main .notice").getByText("Doorbell not reached").waitFor();
    await door.comeBack();
    await tryAgain(page);
  });
});

describe("a phone that the doorbell does not know any more", () => {
  test("is told that it is not let in, keeps what it has, and can forget the doorbell", async () => {
    await goTo(page, "Home");
    await door.shutDown();
    await rm(join(door.dir, "door/link/household.json"));
    await door.comeBack();
    await page.reload();
    await page.locator(".main .notice").getByText("This phone is not let in").waitFor();
    await expectAccessible(page);
    await goTo(page, "Timeline");
    await page.getByRole("link", { name: /^Ring/ }).first().waitFor();
    await goTo(page, "Settings");
    await page.getByRole("button", { name: "Forget this doorbell" }).click();
    await page.getByRole("button", { name: "Delete the keys" }).click();
    await page.getByRole("heading", { name: "A doorbell that answers only to you" }).waitFor();
  });
});

import { createHash } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { expectAccessible } from "./accessible.ts";
import { digestOfBlob, keepBlobs } from "./blobs.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { openNewest, prepareShare } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

let door: Door;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let mailbox: RunningMailbox;
/** Every address that the browser has asked anything of. */
const asked: string[] = [];

const recipient = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { exit, out, err } = await doorward(["recipient", ...words, "--home", join(door.dir, "recipient"), "--json"]);
  expect(exit, err).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
};

/** How many there are in a picture, of those that 12 bits tell apart. */
function coloursOf(image: HTMLImageElement): number {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context?.drawImage(image, 0, 0);
  const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
  const colours = new Set<string>();
  for (let at = 0; at < data.length; at += 4) colours.add([0, 1, 2].map((i) => (data[at + i] ?? 0) >> 4).join());
  return colours.size;
}

const go = (screen: string): Promise<unknown> => page.getByRole("link", { name: screen, exact: true }).click();

beforeAll(async () => {
  [door, browser, mailbox] = await Promise.all([
    Door.start(),
    launchBrowser(),
    startMailbox({ host: "127.0.0.1", port: 0 }),
  ]);
  context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  await keepBlobs(context);
  page = await context.newPage();
  const note = (url: string): void => void (url.startsWith("blob:") || url.startsWith("data:") || asked.push(url));
  context.on("request", (request) => note(request.url()));
  page.on("websocket", (socket) => note(socket.url()));
});

afterAll(async () => {
  await browser?.close();
  await door?.stop();
  await mailbox?.stop();
});

describe("the owner's app, against a real doorbell", () => {
  test("pairs from the link that the doorbell shows, and takes the secret out of the address", async () => {
    const code = await door.pairingCode();
    await page.goto(`${door.url}#${code}`);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByRole("heading", { name: "Front door" }).waitFor();
    expect(page.url()).not.toContain("doorward:");
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
    await page.getByText("Camera on").waitFor();
  });

  test("rings with a picture of who stands there", async () => {
    await door.ring();
    await page.getByRole("heading", { name: "Somebody is at the door" }).waitFor();
    const picture = page.locator(".ring-picture img");
    await picture.waitFor();
    await until(() => picture.evaluate((image: HTMLImageElement) => image.complete));
    expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(320);
    expect(await picture.evaluate(coloursOf)).toBeGreaterThan(50); // the test pattern, and not one black or grey
    await expectAccessible(page);
    await page.getByRole("button", { name: "Not now" }).click();
    await door.daemon.says("clip sealed");
  });

  test("lists the recording with its still and plays it", async () => {
    await go("Timeline");
    const still = page.locator(".still img");
    await still.waitFor();
    await until(() => still.evaluate((image: HTMLImageElement) => image.complete));
    expect(await still.evaluate(coloursOf)).toBeGreaterThan(50);
    await page.getByRole("link", { name: /^Ring .*0:0\d/ }).click();
    const video = page.locator("video");
    await until(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 1));
    await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
    expect(await video.evaluate((element: HTMLVideoElement) => [element.videoWidth, element.error])).toEqual([
      320,
      null,
    ]);
  });

  let preview = "";

  test("shares the chosen part with whom the card names, after showing exactly that film", async () => {
    await recipient("init", "--name", "The neighbour", "--mailbox", mailbox.url);
    const card = join(door.dir, "neighbour.card");
    const { fingerprint } = await recipient("card", "--out", card);
    await page.getByRole("button", { name: "Share" }).click();
    await page.locator("input[type=file]").setInputFiles(card);
    await page.getByRole("heading", { name: "The neighbour" }).waitFor();
    const shown = (await page.locator(".fingerprint").textContent())?.replaceAll(" ", "");
    expect(fingerprint).toMatch(new RegExp(`^${shown}`));
    await page.getByRole("button", { name: "Go on" }).click();

    const begin = page.getByRole("slider", { name: "Begin" });
    await begin.focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("slider", { name: "End" }).focus();
    await page.keyboard.press("ArrowLeft");
    expect(await page.getByRole("switch", { name: /^Sound/ }).isChecked()).toBe(false);
    await page.getByLabel("What for").fill("your parcel");
    await page.getByRole("button", { name: "Go on" }).click();

    await page.getByRole("heading", { name: "This is what leaves your home" }).waitFor();
    await until(async () => (await page.locator("video").getAttribute("src"))?.startsWith("blob:") === true);
    preview = await digestOfBlob(page, (await page.locator("video").getAttribute("src")) ?? "");
    const [yes, no] = [
      page.getByRole("button", { name: "Sign and share" }),
      page.getByRole("button", { name: "Back" }),
    ];
    const looks = (element: Element): string => {
      const { width, height } = element.getBoundingClientRect();
      const { color, backgroundColor, borderColor, fontWeight } = getComputedStyle(element);
      return [Math.round(width), Math.round(height), color, backgroundColor, borderColor, fontWeight].join(" ");
    };
    expect(await yes.evaluate(looks)).toBe(await no.evaluate(looks));
  });

  test("is delivered after the undo window, and the recipient's film is the preview byte for byte", async () => {
    const receiving = recipient("receive", "--once", "--timeout", "60");
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByText("Leaves in").waitFor();
    const { file } = await receiving;
    const film = join(door.dir, "shared.mp4");
    await recipient("open", String(file), "--out", film);
    expect(
      createHash("sha256")
        .update(await readFile(film))
        .digest("hex"),
    ).toBe(preview);
    await page.getByText("Delivered", { exact: true }).waitFor();
  });

  test("has asked nobody but the doorbell in all of that", () => {
    const { host } = new URL(door.url);
    expect(asked.some((url) => url.includes("/clips/"))).toBe(true); // control: it has asked, and was heard
    expect(asked).toContain(`ws://${host}/mqtt`);
    expect(asked.filter((url) => new URL(url).host !== host)).toEqual([]);
  });

  test("promises nothing about what has arrived", async () => {
    await page.getByText("no software can call it back").waitFor();
    expect(await page.getByRole("button", { name: /Revoke|Undo/ }).count()).toBe(0);
  });

  test("sends sound and what one says of oneself only where each was asked for", async () => {
    await openNewest(page);
    await page.getByRole("button", { name: "Share" }).click();
    await page.locator("input[type=file]").setInputFiles(join(door.dir, "neighbour.card"));
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("switch", { name: /^Sound/ }).click();
    await page.getByText("Say more about it").click();
    await page.getByLabel("Your name").fill("Kim");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("goes along").waitFor();
    await page.getByText("Kim").waitFor();
    const receiving = recipient("receive", "--once", "--timeout", "60");
    await page.getByRole("button", { name: "Sign and share" }).click();
    const { file } = await receiving;
    const { facts, lanes } = await recipient("verify", String(file));
    expect(facts).toMatchObject({ name: "Kim", contact: null, place: null });
    expect(lanes).toHaveLength(2);
  });

  test("revokes what is on its way to somebody who is away", async () => {
    await makeCard(join(door.dir, "away.card"));
    await openNewest(page);
    await prepareShare(page, join(door.dir, "away.card"));
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByText("On its way").waitFor();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByText("What has not arrived never will").waitFor();
    await page.getByText("Revoked", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Revoke", exact: true }).waitFor({ state: "detached" });
  });

  test("tells of an undo that came too late what is so, and not what the screen showed before", async () => {
    await openNewest(page);
    await prepareShare(page, join(door.dir, "away.card"));
    await page.evaluate(() => {
      const original = setInterval;
      Object.assign(window, {
        setInterval: () => 0,
        lookAgain: () => Object.assign(window, { setInterval: original }),
      });
    });
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByText("Leaves in").waitFor();
    const pending = join(door.dir, "door/pending.bin");
    await until(() =>
      access(pending).then(
        () => false,
        () => true, // its time is over
      ),
    );
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("What has not arrived never will").waitFor();
    expect(await page.getByText("Nothing left your home").count()).toBe(0);
    await page.evaluate(() => (window as unknown as { lookAgain(): void }).lookAgain());
  });

  test("finds a recording by its kind and by the moment of the day", async () => {
    await door.daemon.ask({ op: "motion", ms: 1500 });
    await door.daemon.says("clip sealed", 2);
    await go("Timeline");
    const rows = (kind: string): Locator => page.getByRole("link", { name: new RegExp(`^${kind}`) });
    await rows("Motion").waitFor();
    await page.getByRole("radio", { name: "Rings" }).check();
    await until(async () => (await rows("Motion").count()) === 0);
    expect(await rows("Ring").count()).toBe(1); // control
    await page.getByRole("radio", { name: "All" }).check();
    await rows("Motion").waitFor();
    const moment = page.getByRole("slider", { name: "Moment of the day" });
    await moment.press("Home");
    await moment.press("ArrowRight");
    expect(await moment.getAttribute("aria-valuetext")).toMatch(/^Around \d\d:\d\d$/);
  });

  test("saves an ordinary MP4, pins and unpins, and erases after asking", async () => {
    await openNewest(page);
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as MP4" }).click(),
    ]);
    const film = join(door.dir, "saved.mp4");
    await saved.saveAs(film);
    expect((await readFile(film)).subarray(4, 8).toString()).toBe("ftyp");
    await page.getByRole("button", { name: "Pin", exact: true }).click();
    await page.getByRole("button", { name: "Unpin", exact: true }).click();
    await page.getByRole("button", { name: "Pin", exact: true }).waitFor();
    await page.getByRole("button", { name: "Erase", exact: true }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    const rows = page.getByRole("link", { name: /^Ring/ });
    const { hash } = new URL(page.url());
    await page.getByRole("button", { name: "Erase", exact: true }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Erase it" }).click();
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    await until(async () => (await rows.count()) === 0);
    await page.goto(`${door.url}${hash}`); // whoever still has its address
    await page.getByText("This recording is gone").waitFor();
  });

  test("never calls a recording gone that it has not heard of yet", async () => {
    await page.goto("about:blank");
    const before = await door.clips();
    await door.ringAndSeal();
    const [made] = (await door.clips()).filter((clip) => !before.includes(clip));
    await page.addInitScript(() => {
      const said = { gone: false };
      Object.assign(window, { said });
      const look = (): void => {
        if (document.body?.textContent.includes("This recording is gone")) said.gone = true;
      };
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    });
    await page.goto(`${door.url}#/clip/${made}`);
    await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
    expect(await page.evaluate(() => (window as unknown as { readonly said: object }).said)).toEqual({ gone: false });
    await page.goto(`${door.url}#/clip/${"0".repeat(32)}`); // control
    await page.getByText("This recording is gone").waitFor();
    expect(await page.evaluate(() => (window as unknown as { readonly said: object }).said)).toEqual({ gone: true });
  });
});

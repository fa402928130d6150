import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { openNewest, pair, prepareShare, ringOnce } from "./hands.ts";
import { until } from "./until.ts";

const portal = pathToFileURL(join(import.meta.dirname, "../../dist/portal/index.html")).href;

let door: Door;
let browser: Browser;
let mailbox: RunningMailbox;
let app: Page;
let page: Page;
const at = (name: string): string => join(door.dir, name);

beforeAll(async () => {
  [door, browser, mailbox] = await Promise.all([
    Door.start({ undoWindow: "1s" }),
    launchBrowser(),
    startMailbox({ host: "127.0.0.1", port: 0, webSocketPort: 0 }),
  ]);
  app = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  page = await (await browser.newContext({ viewport: { width: 360, height: 740 }, acceptDownloads: true })).newPage();
});

afterAll(async () => {
  await browser?.close();
  await door?.stop();
  await mailbox?.stop();
});

const saved = async (button: string, file: string): Promise<void> => {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  await download.saveAs(file);
};

const drop = (file: string): Promise<void> => page.locator(".drop input").setInputFiles(file);

describe("the recipient's page, opened from a file", () => {
  test("asks for no other file and no network", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(portal);
    await page.getByRole("heading", { name: "Your card" }).waitFor();
    expect(asked).toEqual([portal]);
    await expectAccessible(page);
  });

  test("says that a browser reaches a mailbox by WebSocket only", async () => {
    await page.getByLabel("Your name").fill("The neighbour");
    await page.getByLabel("Address of your mailbox").fill(mailbox.url);
    await page.getByRole("button", { name: "Make my card" }).click();
    await page.getByText("A browser reaches a mailbox by wss://").waitFor();
  });

  test("makes a card that the owner's app takes", async () => {
    await page.getByLabel("Address of your mailbox").fill(mailbox.webSocketUrl ?? "");
    await page.getByRole("button", { name: "Make my card" }).click();
    await page.getByText("Waiting for shares").waitFor();
    await saved("Save card file", at("neighbour.card"));
    await expectAccessible(page);
  });

  test("shows the card's text to copy by hand where the browser keeps its clipboard to itself", async () => {
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }));
    await page.getByRole("button", { name: "Copy as text" }).click();
    const text = page.getByLabel("Your card as text");
    await page.getByText("This browser lets no page copy").waitFor();
    expect(await text.inputValue()).toMatch(/^doorward-card:[\w-]+$/);
    const selected = (field: HTMLTextAreaElement): string =>
      field.value.slice(field.selectionStart, field.selectionEnd);
    expect(await text.evaluate(selected)).toBe(await text.inputValue());
    expect(await text.evaluate((field) => field === document.activeElement)).toBe(true);
    await expectAccessible(page);
  });

  test("receives what the owner shares, says that it is unchanged, and plays it", async () => {
    await pair(app, door);
    await ringOnce(app, door);
    await openNewest(app);
    await prepareShare(app, at("neighbour.card"));
    await app.getByRole("button", { name: "Sign and share" }).click();
    await page.getByRole("heading", { name: "Unchanged" }).waitFor();
    const video = page.locator("video");
    await video.evaluate((element: HTMLVideoElement) => void element.play());
    await until(() => video.evaluate((element: HTMLVideoElement) => element.currentTime > 0.5));
    await saved("Save as MP4", at("film.mp4"));
    expect((await readFile(at("film.mp4"))).subarray(4, 8).toString()).toBe("ftyp");
    await saved("Save share", at("share.tar"));
    await expectAccessible(page);
  });

  test("agrees with the command line about the same share", async () => {
    const { out } = await doorward(["recipient", "verify", at("share.tar"), "--home", at("nobody"), "--json"]);
    expect(JSON.parse(out)).toMatchObject({ ok: true, verdict: "ok" });
  });

  test.each([
    ["a byte of the film", (bytes: Buffer) => bytes.length - 6000, "A piece of it was changed on its way."],
    ["a byte of the signed list", (bytes: Buffer) => bytes.indexOf('"sig":"') + 20, "is not signed by"],
    ["its beginning", () => 3, "This is no share, or it is cut short."],
  ])("calls a share forged in which %s was changed, and shows nothing of it", async (_what, place, sentence) => {
    const bytes = await readFile(at("share.tar"));
    const where = place(bytes);
    bytes[where] = (bytes[where] ?? 0) === 0x41 ? 0x42 : 0x41;
    await writeFile(at("forged.tar"), bytes);
    await page.reload();
    await drop(at("forged.tar"));
    await page.getByRole("heading", { name: "Do not rely on this" }).waitFor();
    await page.getByText(sentence).waitFor();
    expect(await page.locator("video").count()).toBe(0);
    await drop(at("share.tar")); // control: the same file unchanged
    await page.getByRole("heading", { name: "Unchanged" }).waitFor();
  });

  test("keeps its keys over a reload, and restores them from the saved file into an empty browser", async () => {
    await page.getByText("Keys and backup").click();
    await saved("Save keys", at("keys.json"));
    const fingerprint = await page.locator(".fingerprint").textContent();
    const other = await (await browser.newContext()).newPage();
    await other.goto(portal);
    await other.locator("form input[type=file]").setInputFiles(at("keys.json"));
    await other.locator(".fingerprint").waitFor();
    expect(await other.locator(".fingerprint").textContent()).toBe(fingerprint);
    await other.locator(".drop input").setInputFiles(at("share.tar"));
    await other.getByRole("heading", { name: "Unchanged" }).waitFor();
    expect(await other.locator("video").count()).toBe(1);
  });
});

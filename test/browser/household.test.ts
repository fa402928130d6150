import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair, prepareShare, ringOnce, tryAgain } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

const run = promisify(execFile);
let dir: string;
let browser: Browser;
let door: Door;
let owner: Page;
let phone: Page;

/** What the second phone's camera sees. */
const film = (): string => join(dir, "camera.y4m");

/** Holds a picture, such as another phone's screen, before the camera. */
async function holdBefore(picture: Buffer): Promise<void> {
  const still = join(dir, "held.png");
  await writeFile(still, picture);
  const fit = "scale=420:420:force_original_aspect_ratio=decrease,pad=640:480:(ow-iw)/2:(oh-ih)/2:0xb8b2a6";
  await run("ffmpeg", [
    "-v",
    "error",
    "-y",
    "-i",
    still,
    "-vf",
    fit,
    "-pix_fmt",
    "yuv420p",
    "-f",
    "yuv4mpegpipe",
    film(),
  ]);
}

const newPage = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 360, height: 740 }, permissions: ["camera"] })).newPage();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-household-"));
  const camera = ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film()}`];
  [browser, door] = await Promise.all([launchBrowser(camera), Door.start({ undoWindow: "10min" })]);
  [owner, phone] = [await newPage(), await newPage()];
  await pair(owner, door);
  await ringOnce(owner, door);
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function show(page: Page, hash: string): Promise<void> {
  await page.goto(`${door.url}${hash}`);
}
const rings = (page: Page) => page.getByRole("link", { name: /^Ring .*0:0\d/ });

describe("a household of two phones", () => {
  test("the second scans the code on the first one's screen; a code of something else is told apart", async () => {
    await show(owner, "#/household");
    await owner.getByRole("button", { name: "Invite somebody" }).click();
    const code = owner.getByRole("img", { name: "Code for the new phone" });
    await code.waitFor();
    await expectAccessible(owner);
    const invitation = await code.screenshot();
    await phone.goto(door.url);
    await holdBefore(await strangeCode());
    await phone.getByRole("button", { name: "Scan the code" }).click();
    await phone.getByRole("alert").getByText("not a Doorward pairing code").waitFor();
    expect(await phone.getByRole("button", { name: "Pair", exact: true }).count()).toBe(0);
    await holdBefore(invitation);
    await phone.getByRole("button", { name: "Scan the code" }).click();
    await phone.getByRole("heading", { name: "Pair with this doorbell?" }).waitFor();
    await phone.getByRole("button", { name: "Pair", exact: true }).click();
    await phone.getByRole("heading", { name: "Almost there" }).waitFor();
    await owner.keyboard.press("Escape");
  });

  test("it is let in by whoever has compared its fingerprint, as a viewer who changes nothing", async () => {
    const fingerprint = (await phone.locator(".fingerprint").textContent()) ?? "";
    await owner.getByRole("heading", { name: "A new phone waits" }).waitFor();
    expect(await owner.locator(".fingerprint").first().textContent()).toBe(fingerprint);
    await expectAccessible(owner);
    await owner.getByRole("button", { name: "Let in as viewer" }).click();
    await owner.getByText("Done.").waitFor();
    await phone.getByText("Camera on").waitFor();
    await show(phone, "#/household");
    await phone.getByText(fingerprint).waitFor();
    expect(await phone.locator(".tag").allTextContents()).toEqual(["Owner", "Viewer"]);
    expect(await phone.getByRole("button", { name: "Invite somebody" }).count()).toBe(0);
    expect(await phone.getByLabel("Signatures that a share needs").count()).toBe(0);
    expect(await owner.getByLabel("Signatures that a share needs").count()).toBe(1); // control
    await expectAccessible(phone);
  });

  test("a new member opens what is recorded from then on, and nothing of before", async () => {
    await show(owner, "#/timeline");
    await rings(owner).first().waitFor();
    await ringOnce(owner, door);
    await phone.getByRole("button", { name: "Not now" }).click(); // it rang here too
    await show(phone, "#/timeline");
    await rings(phone).first().waitFor();
    expect(await rings(phone).count()).toBe(1);
    await until(async () => (await rings(owner).count()) === 2);
    await phone.getByText("Not sealed for you").waitFor();
  });

  test("becomes an owner, and two owners can ask for both their signatures", async () => {
    await show(owner, "#/household");
    await owner.getByRole("button", { name: /A phone/ }).click();
    await owner.getByLabel("Name on this phone").fill("Robin");
    await expectAccessible(owner);
    await owner.getByRole("button", { name: "Make an owner" }).click();
    await owner.getByText("Done.").waitFor();
    await owner.getByText("Robin").waitFor();
    await show(phone, "#/household");
    await phone.getByRole("button", { name: "Invite somebody" }).waitFor();
    await owner.getByLabel("Signatures that a share needs").selectOption("2 of 2 owners");
    await until(async () => (await phone.getByLabel("Signatures that a share needs").inputValue()) === "2");
    await owner.getByRole("button", { name: /Robin/ }).click();
    expect(await owner.getByRole("button", { name: "Remove from the household" }).isDisabled()).toBe(true);
    await owner.getByText("the household could not act without").waitFor();
    await owner.keyboard.press("Escape");
  });

  test("a share waits for the second signature, which sees the same film before it", async () => {
    await makeCard(join(dir, "neighbour.card"));
    await openNewest(owner);
    await prepareShare(owner, join(dir, "neighbour.card"));
    await owner.getByRole("button", { name: "Sign and share" }).click();
    await owner.getByText("Waits for 1 more owner to sign").waitFor();
    await show(phone, "#/");
    await phone.getByText("needs your signature too").waitFor();
    await phone.getByRole("button", { name: "Look", exact: true }).click();
    await phone.getByRole("button", { name: "Look and sign" }).click();
    const video = phone.locator("dialog video");
    await until(() => video.evaluate((element: HTMLVideoElement) => element.videoWidth === 320));
    await phone.getByRole("heading", { name: "The neighbour" }).waitFor();
    await expectAccessible(phone);
    await phone.getByRole("button", { name: "Sign it too" }).click();
    await owner.getByText("Leaves in").waitFor(); // by itself
    await phone.getByText("Leaves in").waitFor();
    await phone.getByRole("button", { name: "Undo" }).click(); // either takes it back
    await phone.getByText("Undone. Nothing left your home").waitFor();
    await owner.getByText("Nothing is shared").waitFor();
  });

  test("recovery words wait likewise, and count once both have signed", async () => {
    await show(owner, "#/recovery");
    await owner.getByRole("button", { name: "Set recovery words" }).click();
    await owner.getByText("2 owners have to sign new words").waitFor();
    await expectAccessible(owner);
    await owner.getByRole("button", { name: "Make the words" }).click();
    const list = owner.locator(".word-list li");
    await list.first().waitFor();
    const made = (await list.allTextContents()).map((text) => text.replace(/^\d+\s*/, ""));
    await owner.getByRole("button", { name: "Written down" }).click();
    const places = (await owner.locator(".field label").allTextContents()).map((text) => Number(text.slice(5)) - 1);
    for (const [at, place] of places.entries()) {
      await owner
        .getByLabel(/^Word \d+$/)
        .nth(at)
        .fill(made[place] ?? "");
    }
    await owner.getByRole("button", { name: "Set these words" }).click();
    await owner.getByRole("heading", { name: "1 more owner has to sign" }).waitFor();
    await owner.getByText("None are set").waitFor();
    await show(phone, "#/");
    await phone.getByText("signature under Recovery words").waitFor(); // by itself
    await phone.getByRole("button", { name: "Look", exact: true }).click();
    await phone.getByText("has made recovery words").waitFor();
    await expectAccessible(phone);
    await phone.getByRole("button", { name: "Sign it too" }).click();
    await phone.getByText("Recovery words are set").waitFor();
    await owner.getByText("Recovery words are set").waitFor();
    await owner.getByRole("heading", { name: "1 more owner has to sign" }).waitFor({ state: "detached" });
  });

  test("a change of the household waits likewise", async () => {
    await show(owner, "#/household");
    await show(phone, "#/household");
    await owner.getByLabel("Signatures that a share needs").selectOption("1 of 2 owners");
    await owner.getByText("1 more owner has to agree").waitFor();
    expect(await phone.getByLabel("Signatures that a share needs").inputValue()).toBe("2");
    await phone.getByRole("heading", { name: "Asked of you" }).waitFor();
    await phone.getByText("From then on 1 owner has to sign").waitFor();
    await expectAccessible(phone);
    await phone.getByRole("button", { name: "Sign it too" }).click();
    await phone.getByText("Done.").waitFor();
    await until(async () => (await owner.getByLabel("Signatures that a share needs").inputValue()) === "1");
  });

  test("a lost phone is removed, and answered no more", async () => {
    await owner.getByRole("button", { name: /Robin/ }).click();
    await owner.getByRole("button", { name: "Remove from the household" }).click();
    await owner.getByText("Done.").waitFor();
    await until(async () => (await owner.locator(".tag", { hasText: "Owner" }).count()) === 1);
    await phone.locator(".main .notice").getByText("This phone is not let in").waitFor();
    await goTo(owner, "Home");
    await ringOnce(owner, door);
    await show(owner, "#/timeline");
    await until(async () => (await rings(owner).count()) === 3); // control: the other one
    await phone.reload();
    await goTo(phone, "Timeline");
    await rings(phone).first().waitFor();
    expect(await rings(phone).count()).toBe(1);
  });

  test("a phone that is not theirs is sent away", async () => {
    await show(owner, "#/household");
    await owner.getByRole("button", { name: "Invite somebody" }).click();
    await owner.getByText("As text").click();
    const code = await owner.getByText(/^doorward:/).textContent();
    const stranger = await newPage();
    await stranger.goto(`${door.url}#${code}`);
    await stranger.getByRole("button", { name: "Pair", exact: true }).click();
    await stranger.getByRole("heading", { name: "Almost there" }).waitFor();
    await owner.keyboard.press("Escape");
    await owner.getByRole("button", { name: "Not ours: send it away" }).waitFor();
    expect(await stranger.getByText("Doorbell not reached").count()).toBe(0); // control
    await door.shutDown();
    await stranger.getByText("Nobody can let this phone in before it is reached").waitFor();
    await expectAccessible(stranger);
    await door.comeBack();
    await tryAgain(owner);
    await stranger.getByText("Doorbell not reached").waitFor({ state: "detached" });
    await stranger.getByRole("heading", { name: "Almost there" }).waitFor();
    await owner.getByRole("button", { name: "Not ours: send it away" }).click();
    await owner.getByText("Done.").waitFor();
    await until(async () => (await owner.getByRole("heading", { name: "A new phone waits" }).count()) === 0);
    await owner.getByText("Hold the button inside for 15 seconds").waitFor();
    await stranger.reload();
    await stranger.getByText("An owner sent it away").waitFor();
    expect(await stranger.getByRole("heading", { name: "Almost there" }).count()).toBe(0);
    await expectAccessible(stranger);
    await stranger.getByRole("button", { name: "Forget this doorbell" }).click(); // the way back from there
    await stranger.getByRole("button", { name: "Delete the keys" }).click();
    await stranger.getByRole("button", { name: "Scan the code" }).waitFor();
  });
});

/** A code that has nothing to do with doorbells. */
async function strangeCode(): Promise<Buffer> {
  const page = await newPage();
  const { renderSVG } = await import("uqr");
  await page.setContent(`<style>svg{width:300px}</style>${renderSVG("https://example.org/parcel/4711")}`);
  const picture = await page.locator("svg").screenshot();
  await page.context().close();
  return picture;
}

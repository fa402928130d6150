// Pictures of the main screens for README and guide: `npm run screenshots [-- FOLDER]`, by default docs/picture/app.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { bundleProgram } from "../fakes/daemon.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair, ringOnce } from "./hands.ts";
import { drawPorch } from "./porch.ts";
import { makeCard } from "./recipient-card.ts";

const [folder = "docs/picture/app"] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const dir = await mkdtemp(join(tmpdir(), "doorward-pictures-"));
await bundleProgram();
const browser = await launchBrowser();
const door = await Door.start({ undoWindow: "10min", film: await drawPorch(browser, dir), postRoll: "4s" });

const shoot = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });

try {
  const context = await browser.newContext({ viewport: { width: 390, height: 780 }, colorScheme: "light" });
  const page = await context.newPage();
  await page.goto(`${door.url}#${await door.pairingCode()}`);
  await page.getByRole("button", { name: "Pair", exact: true }).waitFor();
  await shoot(page, "pair");
  await pair(page, door);
  await ringOnce(page, door);
  await door.daemon.ask({ op: "motion", ms: 1500 });
  await door.daemon.says("clip sealed", 2);
  await door.ring();
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".ring-picture img")?.complete === true);
  await shoot(page, "ring");
  await page.getByRole("button", { name: "Not now" }).click();
  await door.daemon.says("clip sealed", 3);
  await page.waitForTimeout(2500);
  await shoot(page, "home");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(page, "home-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await goTo(page, "Timeline");
  await page.locator(".still img").nth(2).waitFor({ timeout: 120_000 });
  await shoot(page, "timeline");
  await openNewest(page);
  await page.waitForTimeout(3000);
  await shoot(page, "player");
  await makeCard(join(dir, "neighbour.card"), "mqtts://mailbox.example");
  await page.getByRole("button", { name: "Share" }).click();
  await page.locator("input[type=file]").setInputFiles(join(dir, "neighbour.card"));
  await page.getByText("Goes to the inbox at").waitFor();
  await shoot(page, "share-who");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("slider", { name: "Begin" }).press("ArrowRight");
  await page.getByRole("slider", { name: "End" }).press("ArrowLeft");
  await page.waitForTimeout(2500);
  await page.getByRole("textbox", { name: "What for" }).fill("Your parcel");
  await shoot(page, "share-part");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.locator("video").evaluate((video: HTMLVideoElement) => {
    video.currentTime = 1;
  });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(800);
  await shoot(page, "share-check");
  await page.getByRole("button", { name: "Sign and share" }).click();
  await page.getByText("Leaves in").waitFor();
  await shoot(page, "shares");
  await page.setViewportSize({ width: 1180, height: 760 });
  await goTo(page, "Home");
  await page.waitForTimeout(800);
  await shoot(page, "home-wide");
  await goTo(page, "Settings");
  await page.waitForTimeout(400);
  await shoot(page, "settings-wide");
  await page.emulateMedia({ colorScheme: "dark" });
  await goTo(page, "Timeline");
  await page.waitForTimeout(800);
  await shoot(page, "timeline-wide-dark");
  await page.setViewportSize({ width: 390, height: 780 });
  await page.emulateMedia({ colorScheme: "light" });
  await page.evaluate(() => {
    location.hash = "#/household";
  });
  await page.waitForTimeout(800);
  await shoot(page, "household");
} finally {
  await browser.close();
  await door.stop();
  await rm(dir, { recursive: true, force: true });
}

import type { Page } from "playwright-core";
import type { Door } from "./door.ts";
import { until } from "./until.ts";

/** What a person does with the app, by the words on the screen. */

/** @param app - Where the app is opened. */
export async function pair(page: Page, door: Door, app = door.url): Promise<void> {
  await page.goto(`${app}#${await door.pairingCode()}`);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
  await page.getByText("Camera on").waitFor();
}

/** One more phone, by the code that an owner's phone shows; it waits then to be let in. */
export async function pairAnother(owner: Page, phone: Page, door: Door, app = door.url): Promise<void> {
  await owner.goto(`${door.url}#/household`);
  await owner.getByRole("button", { name: "Invite somebody" }).click();
  await owner.getByText("As text").click();
  const code = await owner.getByText(/^doorward:/).textContent();
  await phone.goto(`${app}#${code}`);
  await phone.getByRole("button", { name: "Pair", exact: true }).click();
  await phone.getByRole("heading", { name: "Almost there" }).waitFor();
  await owner.keyboard.press("Escape");
}

/** Lets the phone in that waits. */
export async function admit(owner: Page, phone: Page, role: "owner" | "viewer"): Promise<void> {
  await owner.getByRole("button", { name: `Let in as ${role}` }).click();
  await owner.getByText("Done.").waitFor();
  await phone.getByText("Camera on").waitFor(); // by itself
}

/** Rings, puts the ring aside and waits until the recording is in the list. */
export async function ringOnce(page: Page, door: Door): Promise<void> {
  const before = door.daemon.heard("clip sealed").length;
  await door.ring();
  await page.getByRole("button", { name: "Not now" }).click();
  await door.daemon.says("clip sealed", before + 1);
}

export async function goTo(page: Page, screen: string): Promise<void> {
  await page.getByRole("link", { name: screen, exact: true }).click();
}

/** Opens the newest recording of the timeline and waits until all of it is there. */
export async function openNewest(page: Page): Promise<void> {
  await goTo(page, "Timeline");
  await page
    .getByRole("link", { name: /^Ring .*0:0\d/ })
    .first()
    .click();
  await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
}

/** From an open recording to the step where one says yes, with the whole of it. */
export async function prepareShare(page: Page, cardFile: string): Promise<void> {
  await page.getByRole("button", { name: "Share" }).click();
  await page.locator("input[type=file]").setInputFiles(cardFile);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "This is what leaves your home" }).waitFor();
}

/** Has the app look for a doorbell that is back, unless it has found it by itself meanwhile. */
export async function tryAgain(page: Page): Promise<void> {
  const notReached = page.locator(".main .notice").filter({ hasText: "Doorbell not reached" });
  const button = notReached.getByRole("button", { name: "Try again" });
  await button.click({ timeout: 2000 }).catch(() => undefined);
  await until(async () => (await notReached.count()) === 0);
}

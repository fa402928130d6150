import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { admit, goTo, openNewest, pair, pairAnother, prepareShare } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

let browser: Browser;
let door: Door;
let first: Page;
let second: Page;
let third: Page;

const newPage = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
const asked = (page: Page) => page.getByText("needs your signature too");
const sign = (page: Page) => page.getByRole("button", { name: "Sign it too" });

beforeAll(async () => {
  [browser, door] = await Promise.all([launchBrowser(), Door.start({ undoWindow: "10min" })]);
  [first, second, third] = [await newPage(), await newPage(), await newPage()];
  await pair(first, door);
  for (const phone of [second, third]) {
    await pairAnother(first, phone, door);
    await admit(first, phone, "owner");
  }
  await first.getByLabel("Signatures that a share needs").selectOption("3 of 3 owners");
  await first.getByText("Done.").waitFor();
  await door.ringAndSeal();
  for (const phone of [first, second, third]) await phone.getByRole("button", { name: "Not now" }).click();
  await makeCard(join(door.dir, "neighbour.card"));
  await goTo(first, "Home");
  await openNewest(first);
  await prepareShare(first, join(door.dir, "neighbour.card"));
  await first.getByRole("button", { name: "Sign and share" }).click();
  await first.getByText("Waits for 2 more owners to sign").waitFor();
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

describe("a share that three owners have to sign", () => {
  test("is not signed by whoever could not look at its film, and can be looked at once more", async () => {
    await door.breakClips(true);
    await asked(second).waitFor();
    await second.getByRole("button", { name: "Look", exact: true }).click();
    await second.getByRole("button", { name: "Look and sign" }).click();
    await second.getByRole("alert").getByText("does not match what the doorbell signed").waitFor();
    expect(await sign(second).isDisabled()).toBe(true);
    await expectAccessible(second);
    await door.breakClips(false);
    await second.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    const video = second.locator("dialog video");
    await until(() => video.evaluate((element: HTMLVideoElement) => element.videoWidth === 320));
    await until(() => sign(second).isEnabled());
  });

  test("asks nobody a second time, and says on each phone whom it is for", async () => {
    await sign(second).click();
    await second.getByRole("heading", { name: "To The neighbour" }).waitFor();
    await second.getByText("Waits for 1 more owner to sign").waitFor();
    expect(await second.getByRole("button", { name: "Look and sign" }).count()).toBe(0);
    await asked(third).waitFor(); // control
    await goTo(second, "Home");
    await second.getByRole("heading", { name: "Lately" }).waitFor();
    expect(await asked(second).count()).toBe(0);
    await third.getByRole("button", { name: "Look", exact: true }).click();
    await third.getByRole("button", { name: "Look and sign" }).click();
    await until(() => sign(third).isEnabled());
    await sign(third).click();
    await first.getByText("Leaves in").waitFor();
  });
});

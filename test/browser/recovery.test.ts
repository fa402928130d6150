import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RECOVERY_WAIT_MS } from "../../src/protocol/recovery-keys.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, pair, ringOnce } from "./hands.ts";
import { until } from "./until.ts";

let browser: Browser;
let door: Door;
let page: Page;
let newPhone: Page;
let written: readonly string[];

const OTHER_WORDS = "legal winner thank year wave sausage worth useful legal winner thank yellow";

interface Kept {
  readonly claim: { readonly member: string; readonly waitedMs: number } | null;
  readonly sealedDays: string | null;
}
const kept = async (): Promise<Kept | null> => {
  const text = await readFile(join(door.dir, "door", "link", "recovery.json"), "utf8").catch(() => null);
  return text === null ? null : (JSON.parse(text) as Kept);
};

const show = async (which: Page, hash: string): Promise<void> => {
  await which.evaluate((to) => {
    location.hash = to;
  }, hash);
};

async function phoneThatWaits(): Promise<Page> {
  const phone = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await phone.goto(`${door.url}#${await door.pairingCode()}`);
  await phone.getByRole("button", { name: "Pair", exact: true }).click();
  await phone.getByRole("heading", { name: "Almost there" }).waitFor();
  return phone;
}

async function claim(phone: Page, words: string): Promise<void> {
  await phone.getByLabel("Your twelve recovery words").fill(words);
  await phone.getByRole("button", { name: "Claim this doorbell" }).click();
}

beforeAll(async () => {
  [browser, door] = await Promise.all([launchBrowser(), Door.start()]);
  page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await pair(page, door);
  await ringOnce(page, door);
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

describe("recovery words in the app", () => {
  test("are shown once, asked for, and count only then", async () => {
    await show(page, "#/recovery");
    await page.getByText("None are set").waitFor();
    await page.getByRole("button", { name: "Set recovery words" }).click();
    await page.getByRole("switch", { name: /^Let them open recordings/ }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Make the words" }).click();
    await page.getByRole("heading", { name: "Write these down" }).waitFor();
    written = (await page.locator(".word-list li").allTextContents()).map((text) => text.replace(/^\d+\s*/, ""));
    expect(written).toHaveLength(12);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Written down" }).click();
    const asked = page.getByLabel(/^Word \d+$/);
    const places = (await page.locator(".field label").allTextContents()).map((text) => Number(text.slice(5)) - 1);
    expect(places).toHaveLength(3);
    for (const [at] of places.entries()) await asked.nth(at).fill("wrong");
    await page.getByRole("button", { name: "Set these words" }).click();
    await page.getByRole("alert").getByText("is another one").waitFor();
    expect(await kept()).toBeNull();
    await expectAccessible(page);
    for (const [at, place] of places.entries()) await asked.nth(at).fill(written[place] ?? "");
    await page.getByRole("button", { name: "Set these words" }).click();
    await page.getByText("They open recordings too").waitFor();
    expect((await kept())?.sealedDays).not.toBeNull();
    expect(await page.getByText(written.join(" ")).count()).toBe(0);
  });

  test("that are none, or another home's, claim nothing", async () => {
    newPhone = await phoneThatWaits();
    await newPhone.getByRole("button", { name: "I have the recovery words" }).click();
    await expectAccessible(newPhone);
    await claim(newPhone, "twelve words");
    await newPhone.getByRole("alert").getByText("not twelve recovery words").waitFor();
    await claim(newPhone, OTHER_WORDS);
    await newPhone.getByRole("alert").getByText("did not take these words").waitFor();
    expect((await kept())?.claim).toBeNull();
    expect(await page.getByText("Somebody uses your recovery words").count()).toBe(0);
  });

  test("that somebody uses are told of on every screen, and an owner refuses with one touch", async () => {
    await claim(newPhone, written.join("\n"));
    await newPhone.getByText("This phone becomes an owner in 3 days").waitFor();
    const fingerprint = (await newPhone.locator(".fingerprint").textContent()) ?? "";
    const banner = page.getByRole("alert").filter({ hasText: "Somebody uses your recovery words" });
    await banner.waitFor(); // without a look for it
    for (const hash of ["#/", "#/timeline", "#/shares", "#/settings", "#/household", "#/audit", "#/recovery"]) {
      await show(page, hash);
      await page.getByRole("heading", { level: 1 }).waitFor();
      expect(await banner.textContent()).toContain(fingerprint);
    }
    await page.reload();
    await banner.waitFor();
    expect(await banner.textContent()).toContain("It would open recordings of before, too");
    await expectAccessible(page);
    await banner.getByRole("button", { name: "Refuse" }).click();
    await page.getByText("Refused. That phone gets nothing").waitFor();
    await banner.waitFor({ state: "detached" });
    expect((await kept())?.claim).toBeNull();
    await page.getByRole("button", { name: "Close" }).click();
  });

  test("nobody refuses for 72 hours make the new phone an owner, and open what was recorded before", async () => {
    const next = await phoneThatWaits();
    await next.getByRole("button", { name: "I have the recovery words" }).click();
    await claim(next, `  ${written.join(" ").toUpperCase()} `);
    await next.getByText("This phone becomes an owner in").waitFor();
    await next.reload();
    await next.getByText("This phone becomes an owner in").waitFor();
    await page.getByText("Somebody uses your recovery words").waitFor();
    await door.shutDown();
    const before = await kept();
    if (!before?.claim) throw new Error("no claim is kept");
    const waited = { ...before, claim: { ...before.claim, waitedMs: RECOVERY_WAIT_MS - 1 } };
    await writeFile(join(door.dir, "door", "link", "recovery.json"), JSON.stringify(waited));
    await door.comeBack();
    await until(async () => (await kept())?.claim === null, 90_000);
    const tryAgain = next.getByRole("button", { name: "Try again" });
    await tryAgain.click({ timeout: 2000 }).catch(() => undefined); // it may look by itself at this moment
    await next.getByText("Camera on").waitFor();
    await next.getByRole("link", { name: /^Ring/ }).first().waitFor();
    await goTo(next, "Settings");
    await show(next, "#/household");
    await until(async () => (await next.locator(".tag", { hasText: "Owner" }).count()) === 2);
    expect(await next.getByText("is an owner now").count()).toBe(0);
    await page.reload(); // an owner who comes back after it is told of it
    const told = page.getByRole("alert").filter({ hasText: "is an owner now" });
    await told.getByRole("button", { name: "Close" }).click();
    await told.waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByText("Connected").waitFor({ state: "attached" });
    expect(await told.count()).toBe(0);
  }, 300_000); // the doorbell looks once a minute

  test("are removed, and then claim nothing", async () => {
    await show(page, "#/recovery");
    await page.getByRole("button", { name: "Remove the words" }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove them" }).click();
    await page.getByText("None are set").waitFor();
    expect(await kept()).toBeNull();
  });
});

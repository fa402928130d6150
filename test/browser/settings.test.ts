import { join } from "node:path";
import Database from "better-sqlite3";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { admit, goTo, pair, pairAnother, tryAgain } from "./hands.ts";
import { until } from "./until.ts";

let browser: Browser;
let door: Door;
let page: Page;
let viewer: Page;

const newPage = async (): Promise<Page> =>
  (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
const days = (of: Page) => of.getByLabel("Days that recordings are kept");

beforeAll(async () => {
  [browser, door] = await Promise.all([launchBrowser(), Door.start()]);
  [page, viewer] = [await newPage(), await newPage()];
  await pair(page, door);
  await pairAnother(page, viewer, door);
  await admit(page, viewer, "viewer");
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

describe("the doorbell's settings in the app", () => {
  test("say what holds, and show a change at once on every phone of the household", async () => {
    await goTo(viewer, "Settings");
    await goTo(page, "Settings");
    await until(async () => (await page.getByLabel("Name", { exact: true }).inputValue()) === "Front door");
    expect(await days(page).inputValue()).toBe("14");
    expect(await page.getByLabel("Time to undo a share").inputValue()).toBe("5000");
    await page.getByLabel("Name", { exact: true }).fill("  Garden gate ");
    await days(page).fill("7");
    await page.getByText("What is older than 7 days and not pinned").waitFor();
    await page.getByLabel("Time to undo a share").selectOption("1 hour");
    await page.getByRole("button", { name: "Add a quiet time" }).click();
    await page.getByLabel("Quiet time 1, from").fill("21:30");
    await page.getByLabel("Quiet time 1, until").fill("06:15");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("All phones of the household see it").waitFor();
    await until(async () => (await days(viewer).inputValue()) === "7"); // it only listens
    expect(await viewer.getByLabel("Name", { exact: true }).inputValue()).toBe("Garden gate");
    expect(await viewer.getByLabel("Time to undo a share").inputValue()).toBe("3600000");
    expect(await viewer.getByLabel("Quiet time 1, from").inputValue()).toBe("21:30");
    expect(await viewer.getByLabel("Quiet time 1, until").inputValue()).toBe("06:15");
    await goTo(page, "Home");
    await page.getByRole("heading", { name: "Garden gate" }).waitFor();
  });

  test("are a viewer's to read only", async () => {
    await viewer.getByText("Only an owner of this household can change these").waitFor();
    expect(await days(viewer).isDisabled()).toBe(true);
    expect(await viewer.getByRole("button", { name: "Add a quiet time" }).isDisabled()).toBe(true);
    expect(await viewer.getByRole("switch", { name: /^Privacy mode/ }).isDisabled()).toBe(true);
    await expectAccessible(viewer);
  });

  test("that the doorbell would not take cannot be sent", async () => {
    await goTo(page, "Settings");
    const save = page.getByRole("button", { name: "Save", exact: true });
    for (const wrong of ["0", "366", "1.5", ""]) {
      await days(page).fill(wrong);
      expect(await save.isDisabled(), wrong).toBe(true);
    }
    await days(page).fill("8");
    expect(await save.isEnabled()).toBe(true); // control
    await page.getByLabel("Name", { exact: true }).fill("   ");
    expect(await save.isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Discard" }).click();
    expect(await days(page).inputValue()).toBe("7");
    await page.getByLabel("Quiet time 1, until").fill("21:30");
    await page.getByText("has to end at another time than it begins").waitFor();
    expect(await save.isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Discard" }).click();
  });

  test("take the place of the home from where the phone is, if it may say so", async () => {
    await goTo(page, "Settings");
    const context = page.context();
    await context.grantPermissions(["geolocation"]);
    await context.setGeolocation({ latitude: 26.1224, longitude: -80.1373 });
    await page.getByRole("button", { name: "Use where this phone is" }).click();
    await until(async () => (await page.getByLabel("North, degrees").inputValue()) === "26.12240");
    expect(await page.getByLabel("East, degrees").inputValue()).toBe("-80.13730");
    await context.clearPermissions();
  });

  test("outlast a restart, and what one types outlasts a doorbell that is away", async () => {
    await days(page).fill("9");
    await door.shutDown();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("alert").getByText("cannot be reached").waitFor();
    expect(await days(page).inputValue()).toBe("9");
    await door.comeBack();
    await tryAgain(page);
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Garden gate");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("All phones of the household see it").waitFor();
    expect(await days(page).inputValue()).toBe("9");
  });

  test("are in the history by name, and privacy mode with them; the phone checks its chain", async () => {
    const privacy = page.getByRole("switch", { name: /^Privacy mode/ });
    await privacy.click();
    await until(() => privacy.isChecked());
    await until(() => viewer.getByRole("switch", { name: /^Privacy mode/ }).isChecked());
    await door.ring();
    await page.getByRole("heading", { name: "Somebody is at the door" }).waitFor(); // the bell still rings
    await page.getByRole("button", { name: "Not now" }).click();
    await privacy.click();
    await until(async () => !(await privacy.isChecked()));
    await page.getByRole("link", { name: /^What the doorbell did/ }).click();
    await page.getByText("unbroken from the first one and signed by the doorbell").waitFor();
    await page.getByText("Privacy mode was turned on").waitFor();
    await page.getByText("Settings changed").first().waitFor();
    await expectAccessible(page);
  });

  test("a history that was changed, cut short or written anew is told apart from a whole one", async () => {
    const notice = async (change: (ledger: Database.Database) => void): Promise<string> => {
      await door.shutDown();
      const ledger = new Database(join(door.dir, "door", "ledger.db"));
      ledger.exec("DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete");
      change(ledger);
      ledger.close();
      await door.comeBack();
      await page.goto(`${door.url}#/settings`);
      await page.reload();
      await page.getByRole("link", { name: /^What the doorbell did/ }).click();
      const told = page.locator(".main .notice", { hasText: "entr" });
      await told.waitFor();
      return (await told.textContent()) ?? "";
    };
    expect(await notice(() => undefined)).toContain("unbroken"); // control
    const rows: unknown[] = [];
    const cut = await notice((ledger) => {
      rows.push(...ledger.prepare("SELECT * FROM audit ORDER BY sequence DESC LIMIT 1").all());
      ledger.exec("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)");
    });
    expect(cut).toContain("not the log that this phone saw before");
    const whole = await notice((ledger) => {
      ledger.prepare("INSERT INTO audit VALUES (@sequence, @day, @sealed, @chain)").run(rows[0]);
    });
    expect(whole).toContain("unbroken");
    const changed = await notice((ledger) =>
      ledger.exec("UPDATE audit SET sealed = zeroblob(length(sealed)) WHERE sequence = 2"),
    );
    expect(changed).toContain("does not hold at entry 2");
  }, 300_000);
});

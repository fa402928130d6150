import { join } from "node:path";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { admit, goTo, openNewest, pair, pairAnother, prepareShare, ringOnce } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

let browser: Browser;
let context: BrowserContext;
let page: Page;
let door: Door;
let session: CDPSession;
let authenticatorId: string;
const at = (name: string): string => join(door.dir, name);

beforeAll(async () => {
  [browser, door] = await Promise.all([launchBrowser(), Door.start({ undoWindow: "10min" })]);
  context = await browser.newContext({ viewport: { width: 360, height: 740 }, acceptDownloads: true });
  page = await context.newPage();
  session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  ({ authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasUserVerification: true, isUserVerified: true },
  }));
  await pair(page, door);
  await ringOnce(page, door);
  await makeCard(at("neighbour.card"));
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
});

describe("keys in the browser", () => {
  test("the signing key can be used and not read, and the state rests sealed", async () => {
    const stored = await page.evaluate(async () => {
      const settled = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve) => request.addEventListener("success", () => resolve(request.result)));
      const database = await settled(indexedDB.open("doorward"));
      const all = (store: string): Promise<unknown[]> =>
        settled(database.transaction(store).objectStore(store).getAll() as IDBRequest<unknown[]>);
      const keys = (await all("keys")) as (CryptoKey | { readonly kind: string; readonly pair: CryptoKeyPair })[];
      const readable = await Promise.all(
        keys.map((key) =>
          crypto.subtle
            .exportKey(key instanceof CryptoKey ? "raw" : "pkcs8", key instanceof CryptoKey ? key : key.pair.privateKey)
            .then(
              () => true,
              () => false,
            ),
        ),
      );
      const [owner] = (await all("owner")) as { readonly sealed: { readonly bytes: ArrayBuffer } }[];
      database.close();
      return { count: keys.length, readable, text: new TextDecoder("latin1").decode(owner?.sealed.bytes) };
    });
    expect(stored.count).toBe(2);
    expect(stored.readable).toEqual([false, false]);
    expect(stored.text).not.toContain("toDeviceKey");
  });

  test("with a passkey nothing is signed unless it is used", async () => {
    await goTo(page, "Settings");
    const own = page.getByRole("switch", { name: /^Ask for my passkey/ });
    await own.click();
    await until(() => own.isChecked());
    await openNewest(page);
    await prepareShare(page, at("neighbour.card"));
    await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByRole("alert").getByText("The passkey was not confirmed").waitFor();
    await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByText("Leaves in").waitFor();
    await page.getByRole("button", { name: "Undo" }).click(); // needs none: taking back must be quick
    await page.getByText("Undone. Nothing left your home").waitFor();
  });

  test("a passkey is not made at an address of numbers, and the reason is told", async () => {
    const other = await (await browser.newContext()).newPage();
    await pairAnother(page, other, door, door.url.replace("localhost", "127.0.0.1"));
    await admit(page, other, "viewer");
    await goTo(other, "Settings");
    await other.getByRole("switch", { name: /^Ask for my passkey/ }).click();
    await other.getByRole("alert").getByText("an address made of numbers").waitFor();
    await other.context().close();
  });

  test("a backup opens under its passphrase alone, in an app that then has the old keys", async () => {
    await goTo(page, "Settings");
    await page.getByRole("button", { name: "Back up keys" }).click();
    await expectAccessible(page);
    await page.getByLabel("Passphrase").fill("four words and a parcel");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save backup" }).click(),
    ]);
    await download.saveAs(at("backup.json"));
    const other = await (await browser.newContext()).newPage();
    await other.goto(door.url);
    await other.getByRole("button", { name: "Restore keys from a backup" }).click();
    await other.getByLabel("Backup file").setInputFiles(at("backup.json"));
    await other.getByLabel("Passphrase").fill("four words and a letter");
    await other.getByRole("button", { name: "Restore", exact: true }).click();
    await other.getByRole("alert").getByText("another one").waitFor();
    await other.getByLabel("Passphrase").fill("four words and a parcel");
    await other.getByRole("button", { name: "Restore", exact: true }).click();
    await other.getByText("The keys are here").waitFor();
    await other.getByRole("button", { name: "Close" }).click();

    await pairAnother(page, other, door);
    await admit(page, other, "viewer");
    await other.getByRole("link", { name: /^Ring/ }).first().waitFor(); // filmed before it came, for the old phone's keys
  });

  test("in a browser without Ed25519 are kept by the app, which says that they are weaker; and it asks to be kept", async () => {
    const phone = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
    await phone.addInitScript(() => {
      const generate = crypto.subtle.generateKey.bind(crypto.subtle) as (...args: unknown[]) => Promise<unknown>;
      const asked = { count: 0 };
      Object.assign(window, { asked });
      Object.assign(crypto.subtle, {
        generateKey: (algorithm: unknown, ...rest: unknown[]) =>
          algorithm === "Ed25519"
            ? Promise.reject(new DOMException("none here", "NotSupportedError"))
            : generate(algorithm, ...rest),
      });
      Object.assign(navigator.storage, {
        persist: () => {
          asked.count += 1;
          return Promise.resolve(true);
        },
      });
    });
    const timesAsked = (): Promise<number> =>
      phone.evaluate(() => (window as unknown as { readonly asked: { readonly count: number } }).asked.count);
    await pairAnother(page, phone, door);
    expect(await timesAsked()).toBe(1);
    await admit(page, phone, "viewer");
    await goTo(phone, "Settings");
    await phone.getByText("Your signing key is kept by this app, encrypted").waitFor();
    await expectAccessible(phone);
    await goTo(page, "Settings"); // control: a browser that has it
    await page.getByText("Your signing key is guarded by the browser").waitFor();
  });
});

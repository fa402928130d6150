import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectBroker, hangUp } from "../../src/cli/broker-connection.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { pairingLogin, pairingTopics, parseBrokerUrls } from "../../src/protocol/link-login.ts";
import { decodePairingCode, encodePairingCode, startPairing } from "../../src/protocol/pairing-handshake.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair, prepareShare, ringOnce, tryAgain } from "./hands.ts";
import { makeCard } from "./recipient-card.ts";
import { until } from "./until.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const VIEW = { viewport: { width: 360, height: 740 } };

describe("pairing that cannot succeed", () => {
  let door: Door;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    door = await Door.start();
  });
  afterAll(() => door?.stop());
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext(VIEW);
    page = await context.newPage();
    await page.goto(door.url);
    await page.getByRole("heading", { name: "A doorbell that answers only to you" }).waitFor();
  });

  const paste = async (text: string): Promise<void> => {
    await page.getByRole("button", { name: "Paste the code" }).click();
    await page.getByLabel("Text of the code").fill(text);
    await page.getByRole("button", { name: "Go on" }).click();
  };

  test("a code of something else is told apart, and the next one can be tried", async () => {
    await expectAccessible(page);
    await paste("https://example.org/parcel/4711");
    const told = page.getByRole("alert").getByText("not a Doorward pairing code");
    await told.waitFor();
    const isInView = (element: Element): boolean => element.getBoundingClientRect().bottom <= innerHeight;
    expect(await told.evaluate(isInView)).toBe(true);
    await page.getByLabel("Text of the code").fill(await door.pairingCode());
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { name: "Pair with this doorbell?" }).waitFor();
    await expectAccessible(page);
  });

  test("a link that is opened after a wrong code leaves no word of that one", async () => {
    await paste("https://example.org/parcel/4711");
    await page.getByRole("alert").waitFor();
    await page.goto(`${door.url}#${await door.pairingCode()}`);
    await page.getByRole("heading", { name: "Pair with this doorbell?" }).waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  test("a code whose window is closed says so and leaves the way to another one", async () => {
    const { deviceKey, broker } = decodePairingCode(nodeCrypto, await door.pairingCode());
    await paste(encodePairingCode({ deviceKey, broker, secret: new Uint8Array(16) }));
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByRole("alert").getByText("No doorbell answers to this code").waitFor();
    await page.getByRole("button", { name: "Another code" }).click();
    await page.getByRole("button", { name: "Scan the code" }).waitFor();
  });

  test("another doorbell behind the scanned code is not believed", async () => {
    const { secret, broker } = decodePairingCode(nodeCrypto, await door.pairingCode());
    const { publicKey } = nodeCrypto.signingKeyFromSeed(new Uint8Array(32).fill(7));
    await paste(encodePairingCode({ deviceKey: publicKey, broker, secret }));
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByRole("alert").getByText("No doorbell answers to this code").waitFor();
  });

  test("after three wrong MACs the window is closed for the right phone too", async () => {
    const code = await door.pairingCode();
    await forge(code, 3);
    await paste(code);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByRole("alert").getByText("No doorbell answers to this code").waitFor();
  });

  test("a phone that the doorbell did not take is not paired, after a reload either, and can try anew", async () => {
    let hasGreeted = false;
    await page.routeWebSocket(/\/mqtt$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => socket.send(message));
      socket.onMessage((message) => {
        const bytes = Buffer.from(message);
        // The last word of the pairing, by its length, is spoilt.
        if (hasGreeted && bytes.length > 60) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        hasGreeted ||= bytes.length > 130;
        server.send(bytes);
      });
    });
    await page.reload();
    await paste(await door.pairingCode());
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByRole("alert").getByText("did not take this phone").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Paste the code" }).waitFor();
    await paste(await door.pairingCode());
    await page.getByRole("heading", { name: "Pair with this doorbell?" }).waitFor();
  });

  test("two wrong MACs leave it open", async () => {
    const code = await door.pairingCode();
    await forge(code, 2);
    await paste(code);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByText("Camera on").waitFor();
  });
});

/** Somebody who saw the code and is no phone of ours. */
async function forge(code: string, count: number): Promise<void> {
  const scanned = decodePairingCode(nodeCrypto, code);
  const [broker] = parseBrokerUrls(scanned.broker);
  const login = pairingLogin(nodeCrypto, scanned.secret);
  const client = await connectBroker({ url: broker?.url ?? "", ...login }, new AbortController().signal);
  for (let i = 0; i < count; i += 1) {
    const { hello } = startPairing(
      nodeCrypto,
      scanned,
      nodeCrypto.signingKeyFromSeed(new Uint8Array(32).fill(9)).publicKey,
    );
    hello[hello.length - 1] = (hello.at(-1) ?? 0) ^ 1;
    await client.publishAsync(pairingTopics(nodeCrypto, scanned.secret).toDevice, Buffer.from(hello), { qos: 1 });
  }
  await hangUp(client);
}

describe("a paired phone", () => {
  let door: Door;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    door = await Door.start({ undoWindow: "30s" });
    context = await browser.newContext(VIEW);
    page = await context.newPage();
    await pair(page, door);
    await ringOnce(page, door);
    await makeCard(join(door.dir, "neighbour.card"));
  });
  afterAll(async () => {
    await context?.close();
    await door?.stop();
  });

  test("has no screen that axe objects to, light or dark, small or large", async () => {
    for (const [colorScheme, width] of [
      ["dark", 360],
      ["light", 1280],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      for (const hash of ["#/", "#/timeline", "#/shares", "#/settings", "#/household", "#/recovery", "#/audit"]) {
        await page.evaluate((to) => {
          location.hash = to;
        }, hash);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await expectAccessible(page);
      }
      await openNewest(page);
      await expectAccessible(page);
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(VIEW.viewport);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  });

  test("says in the window's title and to the keyboard which screen has come", async () => {
    await page.goto(`${door.url}#/`);
    await page.getByText("Camera on").waitFor();
    expect(await page.title()).toBe("Home · Doorward");
    await goTo(page, "Timeline");
    await until(async () => (await page.title()) === "Timeline · Doorward");
    await until(() => page.evaluate(() => document.activeElement?.id === "main"));
    await page.getByRole("link", { name: /^Ring/ }).first().click();
    await until(async () => (await page.title()) === "Recording · Doorward");
    await page.goBack();
    await until(async () => (await page.title()) === "Timeline · Doorward");
  });

  test("can be told of a share, and undo it, by the keyboard alone", async () => {
    const envelope = await readFile(join(door.dir, "neighbour.card"));
    await goTo(page, "Home");
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    const tabTo = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 80; presses += 1) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          const label = element?.id === "" ? null : document.querySelector(`label[for="${element?.id}"]`);
          return element?.getAttribute("aria-label") ?? label?.textContent ?? element?.textContent ?? "";
        });
        if (name.test(focused)) return;
      }
      throw new Error(`the keyboard does not reach ${name}`);
    };
    await tabTo(/^Timeline$/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    await tabTo(/^Ring/);
    await page.keyboard.press("Enter");
    await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
    await tabTo(/^Share$/);
    await page.keyboard.press("Enter");
    await tabTo(/^Paste text$/);
    await page.keyboard.press("Enter");
    await tabTo(/^Text of the card$/);
    await page.keyboard.insertText(envelope.toString());
    await tabTo(/^Go on$/);
    await page.keyboard.press("Enter");
    await page.getByText("Goes to the inbox at").waitFor();
    await expectAccessible(page);
    await tabTo(/^Go on$/);
    await page.keyboard.press("Enter");
    await tabTo(/^Begin$/);
    await page.keyboard.press("ArrowRight");
    await expectAccessible(page);
    await tabTo(/^Go on$/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "This is what leaves your home" }).waitFor();
    await until(() => page.evaluate(() => scrollY === 0 && document.activeElement?.id === "check"));
    await expectAccessible(page);
    await tabTo(/^Sign and share$/);
    await page.keyboard.press("Enter");
    await page.getByText("Leaves in").waitFor();
    await expectAccessible(page);
    await tabTo(/^Undo$/);
    await page.keyboard.press("Enter");
    await page.getByText("Undone. Nothing left your home").waitFor();
    await page.getByText("Leaves in").waitFor({ state: "detached" });
  });

  test("is told when its clock makes a signature worthless, and nothing is shared", async () => {
    await openNewest(page);
    await prepareShare(page, join(door.dir, "neighbour.card"));
    await page.evaluate(() => {
      const [now, WEEK_MS] = [Date.now, 7 * 86_400_000];
      Date.now = () => now() - WEEK_MS;
    });
    await page.getByRole("button", { name: "Sign and share" }).click();
    await page.getByRole("alert").getByText("did not accept the signature").waitFor();
    await until(() => page.getByRole("button", { name: "Sign and share" }).isEnabled());
    await page.reload();
    await goTo(page, "Shares");
    await page.getByText("Nothing is shared").waitFor();
  });

  test("whose date is far ahead is told so, and forgets no key by its own clock alone", async () => {
    const ahead = await context.newPage();
    await ahead.addInitScript(() => {
      const [now, DAYS_MS] = [Date.now, 200 * 86_400_000];
      Date.now = () => now() + (localStorage.getItem("clock") === "set" ? 0 : DAYS_MS);
    });
    await ahead.goto(door.url);
    await ahead.getByRole("button", { name: "Use it here" }).click();
    await ahead.getByText("do not agree what day it is").waitFor();
    await expectAccessible(ahead);
    await ahead.evaluate(() => localStorage.setItem("clock", "set"));
    await ahead.getByText("do not agree what day it is").waitFor({ state: "detached" }); // by itself
    await ahead.close();
    await page.reload();
    await openNewest(page);
  });

  describe("whose line breaks between the signature and the answer", () => {
    /** A page whose connection ends with the consent, which is `lost` or `arrives`; `restore` lets it connect anew. */
    const signOverBrokenLine = async (consent: "arrives" | "lost"): Promise<{ cut: Page; restore: () => void }> => {
      const cut = await context.newPage();
      let [isSigning, isCut] = [false, false];
      await cut.routeWebSocket(/\/mqtt$/, (socket) => {
        if (isCut) return void socket.close();
        const server = socket.connectToServer();
        server.onMessage((message) => isCut || socket.send(message));
        socket.onMessage((message) => {
          const isConsent = isSigning && message.length > 2 * 4096; // the questions before it are shorter
          if (!isConsent || consent === "arrives") server.send(message);
          if (!isConsent) return;
          isCut = true;
          void socket.close();
        });
      });
      await cut.goto(door.url);
      await cut.getByRole("button", { name: "Use it here" }).click();
      await cut.getByText("Camera on").waitFor();
      await openNewest(cut);
      await cut.getByRole("button", { name: "Share" }).click();
      await cut.locator("input[type=file]").setInputFiles(join(door.dir, "neighbour.card"));
      await cut.getByRole("button", { name: "Go on" }).click();
      await cut.getByLabel("What for").fill("\u{1f6aa}".repeat(2000));
      await cut.getByRole("button", { name: "Go on" }).click();
      isSigning = true;
      await cut.getByRole("button", { name: "Sign and share" }).click();
      await cut.getByText("not known whether this leaves your home").waitFor();
      await expectAccessible(cut);
      expect(await cut.getByRole("button", { name: "Sign and share" }).count()).toBe(0);
      await page.close(); // or it would have the connection
      await cut.reload(); // it is remembered
      await goTo(cut, "Shares");
      await cut.getByText("not known whether this leaves your home").waitFor();
      const restore = (): void => {
        [isSigning, isCut] = [false, false];
      };
      return { cut, restore };
    };

    const reopen = async (cut: Page): Promise<void> => {
      await cut.close();
      page = await context.newPage();
      await page.goto(door.url);
      await page.getByText("Camera on").waitFor();
    };

    test("says that nobody knows yet, and shows the share as soon as it can ask", async () => {
      const { cut, restore } = await signOverBrokenLine("arrives");
      restore();
      await cut.getByText("Leaves in").waitFor();
      expect(await cut.getByText("not known whether").count()).toBe(0);
      await cut.getByRole("button", { name: "Undo" }).click();
      await cut.getByText("Undone. Nothing left your home").waitFor();
      await reopen(cut);
    });

    test("says of a signature that never arrived that nothing was shared, as soon as it can ask", async () => {
      const { cut, restore } = await signOverBrokenLine("lost");
      restore();
      await cut.getByText("did not take this signature, and nothing was shared").waitFor();
      await reopen(cut);
    });
  });

  test("plays what is whole of a damaged recording and shows where it is not", async () => {
    await openNewest(page);
    expect(await page.locator(".film-gap").count()).toBe(0); // control
    await door.damageClip();
    await page.reload();
    await page.locator(".film-gap").waitFor();
    await page.getByText("A part of this recording is damaged").waitFor();
    const video = page.locator("video");
    await video.evaluate((element: HTMLVideoElement) => void element.play());
    await until(() => video.evaluate((element: HTMLVideoElement) => element.ended || element.currentTime > 3));
    await page.getByRole("button", { name: "Share" }).click();
    await page.locator("input[type=file]").setInputFiles(join(door.dir, "neighbour.card"));
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("alert").getByText("Choose one that leaves it out").waitFor();
    await expectAccessible(page);
  });

  test("tells a damaged beginning of the picture from a browser that lacks the codec", async () => {
    await door.damageClip(0);
    await page.goto(`${door.url}#/`);
    await page.reload();
    await openNewest(page);
    await page.getByText("The beginning of the picture is damaged").waitFor();
    expect(await page.getByText("H.264").count()).toBe(0);
    await expectAccessible(page);
  });

  test("offers a newer app while the page stays open, and keeps everything over it", async () => {
    await goTo(page, "Home");
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.reload();
    await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null));
    const worker = join(door.dir, "app", "service-worker.js");
    for (const packed of [".br", ".gz"]) await rm(`${worker}${packed}`);
    await writeFile(worker, (await readFile(worker, "utf8")).replace(/"[0-9a-f]{16}"/, '"0123456789abcdef"'));
    await page.evaluate(async () => void (await (await navigator.serviceWorker.getRegistration())?.update()));
    await page.getByText("There is a new version of the app").waitFor();
    await expectAccessible(page);
    await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Use it now" }).click()]);
    await page.getByText("Camera on").waitFor();
    expect(await page.evaluate(() => caches.keys())).toEqual(["doorward-0123456789abcdef"]);
  });

  test("goes on without room for its list, says so, and still plays", async () => {
    await page.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (...args) {
        if (["days", "stills", "records"].includes(this.name)) throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, args);
      };
    });
    await ringOnce(page, door);
    await goTo(page, "Timeline");
    await page.getByText("no room left for the list of recordings").waitFor();
    await expectAccessible(page);
    await openNewest(page);
    const video = page.locator("video");
    await video.evaluate((element: HTMLVideoElement) => void element.play());
    await until(() => video.evaluate((element: HTMLVideoElement) => element.ended || element.currentTime > 1));
    await page.reload();
  });

  test("says that it has no room where it cannot even count its messages, and goes on once there is some", async () => {
    await page.close();
    page = await context.newPage();
    await page.addInitScript(() => {
      const put = IDBObjectStore.prototype.put;
      Object.assign(window, { makeRoom: () => Object.assign(IDBObjectStore.prototype, { put }) });
      IDBObjectStore.prototype.put = function (...args) {
        if (this.name === "owner") throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, args);
      };
    });
    await page.goto(door.url);
    await page.locator(".main .notice").getByText("This browser has no room left").waitFor();
    expect(await page.getByText("Doorbell not reached").count()).toBe(0);
    await expectAccessible(page);
    await page.evaluate(() => (window as unknown as { makeRoom(): void }).makeRoom());
    await page.getByText("Camera on").waitFor(); // by itself
    await page.close();
    page = await context.newPage();
    await page.goto(door.url);
  });

  test("has one connection however many tabs are open, which goes where a person uses it", async () => {
    await page.getByText("Camera on").waitFor();
    const other = await context.newPage();
    await other.goto(door.url);
    await other.getByText("another tab or window of this browser uses it").waitFor();
    await expectAccessible(other);
    await other.getByRole("button", { name: "Use it here" }).click();
    await other.getByText("Camera on").waitFor();
    await page.getByText("another tab or window of this browser uses it").waitFor();
    await ringOnce(other, door);
    await other.close();
    await page.getByText("Camera on").waitFor(); // by itself
    await openNewest(page);
  });

  test("can be installed", async () => {
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    // A test's window is a private one, in which nothing can be installed; there must be no other reason.
    expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(["in-incognito"]);
    await session.detach();
  });

  test("opens without the doorbell or a network, with what it knew, and comes back by itself", async () => {
    await goTo(page, "Home");
    await page.getByText("Camera on").waitFor();
    await page.locator(".still img").first().waitFor(); // read anew since the browser had no room
    await door.shutDown();
    const notReached = page.locator(".main .notice").getByText("Doorbell not reached");
    await notReached.waitFor();
    await page.getByText("Camera on").waitFor({ state: "detached" }); // nobody knows
    await page.getByRole("button", { name: "Watch live" }).waitFor({ state: "detached" });
    await page.reload();
    await notReached.waitFor();
    await goTo(page, "Timeline");
    await page.getByRole("link", { name: /^Ring/ }).first().waitFor();
    await page.locator(".still img").first().waitFor();
    await expectAccessible(page);
    await door.comeBack();
    await tryAgain(page);
  });

  test("goes on with what was asked for before the first try failed, as soon as there is a connection", async () => {
    await openNewest(page);
    const { hash } = new URL(page.url());
    await door.shutDown();
    await page.close();
    page = await context.newPage();
    await page.addInitScript(() => {
      const wait = setTimeout;
      const PATIENCE_MS = 12_000; // of whoever waits for a connection: it does not end here
      Object.assign(window, {
        setTimeout: (...args: Parameters<typeof wait>) => args[1] !== PATIENCE_MS && wait(...args),
      });
    });
    await page.goto(`${door.url}${hash}`);
    await page.locator(".main .notice").getByText("Doorbell not reached").waitFor();
    await door.comeBack();
    await until(() => page.getByRole("button", { name: "Share" }).isEnabled());
  });
});

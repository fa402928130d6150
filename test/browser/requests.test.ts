import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpGet } from "../../src/device/mirror/http-get.ts";
import { Mirror } from "../../src/device/mirror/mirror.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { doorward, type Ran } from "../fakes/doorward-command.ts";
import { FakeClock } from "../fakes/fake-clock.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, pair, ringOnce } from "./hands.ts";
import { until } from "./until.ts";

/** Everybody but the doorbell lives later, so that what it films now can be asked for on quarter hours. */
const LATER_MS = 45 * 60_000;
const QUARTER_MS = 900_000;
const NAME = "register.example/requests";

let browser: Browser;
let context: BrowserContext;
let page: Page;
let door: Door;
const stop = new AbortController();
const serving: Promise<Ran>[] = [];
const register = { url: "", key: "", witness: "" };
const realNow = Date.now;
const at = (name: string): string => join(door.dir, name);

async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, out, err } = await doorward([...words, "--json"]);
  expect(exit, `${words.join(" ")}: ${out}${err}`).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
}

function serve(words: readonly string[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const onOut = (text: string): void => resolve(JSON.parse(text) as Record<string, unknown>);
    const running = doorward([...words, "--json"], { signal: stop.signal, onOut });
    serving.push(running);
    running.then(({ out, err }) => reject(new Error(out + err)), reject);
  });
}

/** What the doorbell does at its fixed minute, from a clock of our own. */
async function mirrorNow(): Promise<void> {
  const clock = new FakeClock(Date.now());
  const asked: string[] = [];
  const { url, key: logKey, witness } = register;
  const registers = [{ origin: NAME, url, logKey, witnesses: [witness], quorum: 1 }];
  const get: typeof httpGet = (of, most, signal) => {
    asked.push(of);
    return httpGet(of, most, signal);
  };
  const mirror = new Mirror(
    { dir: at("door/mirror"), registers, everyMs: 2 * QUARTER_MS, roomBytes: 10_000_000 },
    { crypto: nodeCrypto, clock, log: silentLog, deviceSeed: new Uint8Array(32), get },
  );
  await mirror.start(stop.signal);
  for (let minute = 0; asked.length === 0 && minute < 31; minute += 1) await clock.advance(60_000);
  await until(() => Promise.resolve(clock.waiting > 0));
  await mirror.stop();
}

beforeAll(async () => {
  browser = await launchBrowser();
  door = await Door.start();
  const { key: witness } = await json([
    "register",
    "witness",
    "init",
    "--data",
    at("witness"),
    "--name",
    "witness.example/w1",
  ]);
  const { key } = await json(["register", "init", "--data", at("register"), "--name", NAME]);
  await json(["register", "witness", "add", String(key), "--data", at("witness")]);
  const watching = await serve(["register", "witness", "serve", "--data", at("witness"), "--port", "0"]);
  const witnessing = ["--witness", `${String(watching.url)}#${String(witness)}`, "--quorum", "1"];
  const running = await serve(["register", "serve", "--data", at("register"), "--port", "0", ...witnessing]);
  Object.assign(register, { url: String(running.url), key: String(key), witness: String(witness) });
  await door.follow(register);
  context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  await context.addInitScript((laterMs) => {
    const now = Date.now;
    Date.now = () => now() + laterMs;
  }, LATER_MS);
  page = await context.newPage();
  await pair(page, door);
  await ringOnce(page, door);
});
afterAll(async () => {
  Date.now = realNow;
  stop.abort();
  await Promise.all(serving);
  await browser?.close();
  await door?.stop();
});

/** Every byte that the page keeps, anywhere. */
function everythingKept(): Promise<string> {
  return page.evaluate(async () => {
    const plain = (value: unknown): unknown => {
      if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
      if (value instanceof Uint8Array) return [...value];
      if (value instanceof CryptoKey) return "key";
      if (Array.isArray(value)) return value.map(plain);
      if (typeof value === "object" && value !== null)
        return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
      return value;
    };
    const settled = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.addEventListener("success", () => resolve(request.result));
        request.addEventListener("error", () => reject(request.error));
      });
    const kept: unknown[] = [];
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        kept.push([name, store, await settled(objects.getAllKeys()), plain(await settled(objects.getAll()))]);
      }
      database.close();
    }
    const cached = await Promise.all(
      (await caches.keys()).map(async (name) => [name, (await (await caches.open(name)).keys()).map(({ url }) => url)]),
    );
    return JSON.stringify([
      kept,
      cached,
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      history.length,
      location.href,
      document.title,
    ]);
  });
}

/** All that leaves or reaches the page while something is done; pings of an idle connection are no messages. */
async function traffic(work: () => Promise<void>): Promise<string[]> {
  const heard: string[] = [];
  const note = (url: string): void => void (url.startsWith("blob:") || heard.push(url));
  const onRequest = (request: { url(): string }): void => note(request.url());
  page.on("request", onRequest);
  await page.evaluate(() => {
    const [send, sent] = [WebSocket.prototype.send, [] as number[]];
    Object.assign(window, { sent });
    WebSocket.prototype.send = function (data) {
      const first = data instanceof Uint8Array ? data[0] : data instanceof ArrayBuffer ? new Uint8Array(data)[0] : 0;
      if ((first ?? 0) >> 4 === 3) sent.push(first ?? 0);
      return send.call(this, data);
    };
  });
  await work();
  await sleep(700);
  page.off("request", onRequest);
  heard.push(...(await page.evaluate(() => (window as unknown as { sent: number[] }).sent.splice(0).map(String))));
  return heard;
}

describe("what is asked around a home", () => {
  test("is followed and placed in the settings, and the place stays on the phone", async () => {
    await goTo(page, "Settings");
    await page.getByRole("button", { name: "Follow the doorbell's registers" }).click();
    await page.getByText("Followed").waitFor();
    await page.getByLabel("North, degrees").fill("26.12240");
    await page.getByLabel("East, degrees").fill("-80.13730");
    const told = await traffic(async () => {
      await page.getByRole("button", { name: "Save the place" }).click();
      await page.getByText("Saved, on this phone only.").waitFor();
    });
    expect(told).toEqual([]);
    await goTo(page, "Home");
    await page.getByText("has no copy of the public log").waitFor();
  });

  test("shows as one neutral card with the recordings of that time", async () => {
    Date.now = () => realNow() + LATER_MS;
    const requester = (...words: string[]): string[] => ["requester", ...words, "--home", at("requester")];
    await json(
      requester(
        ...["init", "--agency", "Town Police", "--officer", "Sgt. Rivera", "--mailbox", "mqtt://127.0.0.1:9"],
        ...["--register", register.url, "--key", register.key, "--witness", register.witness],
      ),
    );
    const { requester: key } = await json(requester("accredit"));
    const vouch = ["--agency", "Town Police", "--voucher", "State union", "--evidence", "Met at the station"];
    await json(["register", "accredit", String(key), ...vouch, "--data", at("register"), "--url", register.url]);
    const start = Math.floor(realNow() / QUARTER_MS) * QUARTER_MS - QUARTER_MS;
    const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;
    await json(
      requester(
        ...[
          "request",
          "--case",
          "2026-004711",
          "--offence",
          "burglary",
          "--at",
          "26.12240,-80.13730",
          "--radius",
          "300",
        ],
        ...["--from", time(start), "--to", time(start + 3 * QUARTER_MS)],
        ...["--text", "A blue van was seen in this street. Pictures of it may help."],
      ),
    );
    await mirrorNow();
    await page.reload();
    await page.getByText("Sgt. Rivera, Town Police").waitFor();
    await page.getByText("Yes. You need not answer.").waitFor();
    await page.getByText("1 from that time").waitFor();
    await expectAccessible(page);
  });

  test("leaves the same bytes and the same silence after a look, a hide, and nothing", async () => {
    const nothing = (): Promise<void> => Promise.resolve();
    await page.locator(".still img").first().waitFor();
    // What came with the connection and the ring has to be over, on the line and in what is kept.
    let before = "";
    await until(async () => {
      before = await everythingKept();
      return (await traffic(nothing)).length === 0 && (await everythingKept()) === before;
    });
    expect(await traffic(nothing)).toEqual([]);
    expect(await everythingKept()).toBe(before);
    const look = async (): Promise<void> => {
      await page.getByRole("button", { name: "Look" }).click();
      await page.getByRole("dialog").getByText("Sgt. Rivera").waitFor();
      await expectAccessible(page);
      await page.getByText("What stands behind it").click();
      await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    };
    expect(await traffic(look)).toEqual([]);
    expect(await everythingKept()).toBe(before);
    const hide = async (): Promise<void> => {
      await page.getByRole("button", { name: "Hide" }).click();
      await page.getByText("Nobody asks for anything around your home.").waitFor();
    };
    expect(await traffic(hide)).toEqual([]);
    expect(await everythingKept()).toBe(before);
  });

  test("would be told apart if anything were kept or sent: the two measures notice", async () => {
    const before = await everythingKept();
    await page.evaluate(() => localStorage.setItem("seen", "1"));
    expect(await everythingKept()).not.toBe(before);
    await page.evaluate(() => localStorage.clear());
    expect(await everythingKept()).toBe(before);
    expect(await traffic(() => goTo(page, "Shares"))).not.toEqual([]);
  });

  test("what was hidden comes back with the next page, and a part can be given as an answer", async () => {
    await goTo(page, "Home");
    await page.reload();
    await page.getByRole("button", { name: "Look" }).click();
    await door.breakClips(true);
    await page.getByRole("dialog").getByRole("button", { name: /^Ring/ }).click();
    await page.getByRole("alert").getByText("does not match what the doorbell signed").waitFor();
    await expectAccessible(page);
    await door.breakClips(false);
    await page.getByRole("alert").getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Choose a part to give" }).click();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("an answer to a request").waitFor();
    await page.getByRole("button", { name: "Sign and share" }).waitFor();
  });
});

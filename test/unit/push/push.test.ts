import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Log } from "../../../src/device/platform/logger.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { isPublicAddress, publicLookup, readEndpoint } from "../../../src/device/push/public-address.ts";
import { Push, type SubscriptionWish } from "../../../src/device/push/push.ts";
import { WAKE_UP } from "../../../src/device/push/wake-up.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";
import { PushServer } from "../../fakes/push-server.ts";

const OWNER = new Uint8Array(32).fill(1);
const VIEWER = new Uint8Array(32).fill(2);
const DAY_MS = 86_400_000;
const NEW_YEAR_MS = 1_767_225_600_000;

let dir: string;
let clock: FakeClock;
let server: PushServer;
let push: Push;
let warned: string[];

const log: Log = { ...silentLog, warn: (_event, fields) => void warned.push(String(fields?.code)) };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-push-"));
  clock = new FakeClock(NEW_YEAR_MS);
  server = new PushServer();
  warned = [];
  await server.start();
  push = await started();
});
afterEach(async () => {
  await push.stop();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

async function started(privateServers = true): Promise<Push> {
  const made = new Push(dir, { on: true, contact: "", privateServers }, { crypto: nodeCrypto, clock, log });
  await made.start(new AbortController().signal);
  return made;
}

test("a start that is called off while the subscriptions are read leaves no timer behind", async () => {
  const ending = new AbortController();
  const late = new Push(dir, { on: true, contact: "", privateServers: true }, { crypto: nodeCrypto, clock, log });
  const timers = clock.waiting;
  const starting = late.start(ending.signal);
  ending.abort();
  await late.stop();
  await expect(starting).rejects.toThrow();
  expect(clock.waiting).toBe(timers);
});

const browser = (daily: boolean): SubscriptionWish => ({ kind: "web-push", daily, ...server.subscribe(push.key) });
const distributor = (daily = false): SubscriptionWish => ({
  kind: "plain",
  endpoint: `${server.origin}/topic`,
  p256dh: null,
  auth: null,
  daily,
});

test("a phone that says the same with every connection costs the card no write", async () => {
  const file = join(dir, "push.json");
  const wish = browser(true);
  const minute = await push.subscribe(OWNER, wish);
  const before = await stat(file);
  expect(await push.subscribe(OWNER, wish)).toBe(minute);
  expect((await stat(file)).ino).toBe(before.ino);
  await push.subscribe(OWNER, { ...wish, daily: false });
  expect((await stat(file)).ino, "control").not.toBe(before.ino);
});

/** Lets the fake clock's timers and real sockets take turns until so many messages came. */
async function received(count: number): Promise<PushServer["received"]> {
  await server.has(count);
  return server.received;
}

describe("a wake-up", () => {
  test("opens at the browser, is vouched for by the doorbell's key, and says nothing", async () => {
    await push.subscribe(OWNER, browser(false));
    push.wake(OWNER);
    const [message] = await received(1);
    expect(message?.isVouched).toBe(true);
    expect(message?.plain).toEqual(Buffer.from(WAKE_UP));
    expect(message?.body.includes(Buffer.from(WAKE_UP))).toBe(false);
  });

  test("of a ring and the daily report are alike in everything that their carrier sees", async () => {
    await push.subscribe(OWNER, browser(true));
    push.wake(OWNER);
    await received(1);
    await clock.advance(2 * DAY_MS);
    const [ring, report] = await received(2);
    const seen = (message: typeof ring) => message && { ...message, body: message.body.length };
    expect(seen(report)).toEqual(seen(ring));
  });

  test("goes to a distributor without a browser vendor as the same few bytes", async () => {
    await push.subscribe(OWNER, distributor());
    push.wake(OWNER);
    const [message] = await received(1);
    expect(message).toMatchObject({ path: "/topic", body: Buffer.from(WAKE_UP) });
  });

  test("goes to the member meant, and not twice for somebody who leans on the bell", async () => {
    await push.subscribe(OWNER, distributor());
    await push.subscribe(VIEWER, browser(false));
    push.wake(OWNER);
    push.wake(OWNER);
    await received(1);
    await clock.advance(10_000);
    push.wake(OWNER);
    expect((await received(2)).map(({ path }) => path)).toEqual(["/topic", "/topic"]);
  });

  test.each([404, 410])("to a place that is gone (%i) is the last one there", async (status) => {
    server.status = status;
    await push.subscribe(OWNER, distributor());
    push.wake(OWNER);
    await received(1);
    await expect.poll(() => warned).toEqual(["push/gone"]);
    await expect.poll(async () => JSON.parse(await readFile(join(dir, "push.json"), "utf8")).subscriptions).toEqual([]);
  });

  test("is tried again when the server is busy, and its refusal is logged without its address", async () => {
    server.status = 503;
    await push.subscribe(OWNER, distributor());
    push.wake(OWNER);
    await received(1);
    server.status = 201;
    const again = received(2);
    await expect
      .poll(async () => {
        await clock.advance(3_000);
        return server.received.length;
      })
      .toBe(2);
    await again;
    expect(warned).toEqual([]);
    server.status = 403;
    await clock.advance(10_000);
    push.wake(OWNER);
    await expect.poll(() => warned).toEqual(["push/refused"]);
  });
});

describe("the daily report", () => {
  test("comes once a day at the minute that chance gave, whether or not there is anything", async () => {
    const minute = await push.subscribe(OWNER, distributor(true));
    expect(minute).toBeGreaterThanOrEqual(0);
    expect(minute).toBeLessThan(1440);
    const times: number[] = [];
    for (let elapsed = 0; elapsed < 3 * 1440; elapsed += 60) {
      const before = server.received.length;
      await clock.advance(60 * 60_000);
      const isDue = (Math.floor(elapsed / 1440) > 0 ? 1 : 0) * Number((elapsed % 1440) + 60 > (minute ?? 0));
      if (isDue > times.filter((day) => day === Math.floor(elapsed / 1440)).length) {
        await received(before + 1);
        times.push(Math.floor(elapsed / 1440));
      }
    }
    expect(times).toEqual([1, 2]);
    expect(server.received).toHaveLength(2);
  });

  test("keeps its minute when the phone subscribes anew, is not repeated after a restart, and waits for a right clock", async () => {
    const minute = await push.subscribe(OWNER, distributor(true));
    expect(await push.subscribe(OWNER, distributor(true))).toBe(minute);
    await clock.advance(2 * DAY_MS - 60_000);
    await received(1);
    await push.stop();
    push = await started();
    await clock.advance(30 * 60_000 - 1);
    clock.isSynced = false;
    await clock.advance(2 * DAY_MS);
    const before = server.received.length;
    clock.isSynced = true;
    await clock.advance(DAY_MS);
    await received(before + 1);
    expect(before).toBeLessThanOrEqual(2);
  });

  test("is not sent to who did not ask", async () => {
    await push.subscribe(OWNER, distributor(false));
    await push.subscribe(VIEWER, browser(true));
    await clock.advance(2 * DAY_MS);
    expect((await received(1)).map(({ path }) => path)).toEqual(["/browser"]);
  });
});

describe("what is kept", () => {
  test("holds keys and places, no names; goes with the member, and with the wish", async () => {
    await push.subscribe(OWNER, distributor());
    await push.subscribe(VIEWER, browser(true));
    const stored = async (): Promise<{ subscriptions: object[] }> =>
      JSON.parse(await readFile(join(dir, "push.json"), "utf8")) as { subscriptions: object[] };
    const [first] = (await stored()).subscriptions;
    expect(Object.keys(first ?? {}).toSorted()).toEqual([
      "auth",
      "dailyMinute",
      "endpoint",
      "kind",
      "member",
      "p256dh",
      "sentDay",
    ]);
    await push.householdChanged([OWNER]);
    expect((await stored()).subscriptions).toHaveLength(1);
    await push.unsubscribe(OWNER);
    expect((await stored()).subscriptions).toEqual([]);
  });

  test("survives a restart with the same key; a damaged file is set aside", async () => {
    const { key } = push;
    expect((await started()).key).toEqual(key);
    await writeFile(join(dir, "push.json"), "{");
    expect((await started()).key).not.toEqual(key);
    expect(await readFile(join(dir, "push.json.damaged"), "utf8")).toBe("{");
  });
});

describe("a push address", () => {
  test.each([
    "http://push.example/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://192.168.1.1/x",
    "https://10.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://0x7f000001/x",
    "https://2130706433/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://user:pass@push.example/x",
    "ftp://push.example/x",
    "https://",
    `https://push.example/${"x".repeat(1024)}`,
  ])("that is not a public https:// one is refused: %s", async (endpoint) => {
    expect(() => readEndpoint(endpoint, false)).toThrow(expect.objectContaining({ code: "push/endpoint" }));
    const strict = await started(false);
    await expect(strict.subscribe(OWNER, { ...distributor(), endpoint })).rejects.toMatchObject({
      code: "push/endpoint",
    });
  });

  test("of a public server is taken, and one's own where the household says so", () => {
    expect(readEndpoint("https://push.example/x", false).hostname).toBe("push.example");
    expect(readEndpoint("https://[2606:4700::1]/x", false).hostname).toBe("[2606:4700::1]");
    expect(readEndpoint("http://192.168.1.5:2586/topic", true).port).toBe("2586");
  });

  test("whose name points into the home is not connected to", async () => {
    const found = await new Promise<unknown>((resolve) => {
      publicLookup("localhost", { all: true }, (error) => resolve((error as { code?: unknown } | null)?.code));
    });
    expect(found).toBe("push/endpoint");
    expect(isPublicAddress("93.184.216.34")).toBe(true);
    expect(isPublicAddress("nonsense")).toBe(false);
  });

  test("with keys where none belong, or without, is refused", async () => {
    await expect(push.subscribe(OWNER, { ...distributor(), auth: "x", p256dh: "y" })).rejects.toThrow("keys");
    await expect(push.subscribe(OWNER, { ...browser(false), auth: null })).rejects.toThrow("keys");
  });
});

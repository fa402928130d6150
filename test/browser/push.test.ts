import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { WAKE_UP } from "../../src/device/push/wake-up.ts";
import { PushServer } from "../fakes/push-server.ts";
import { expectAccessible } from "./accessible.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, pair, ringOnce } from "./hands.ts";
import { until } from "./until.ts";

let browser: Browser;
let door: Door;
let server: PushServer;
let context: BrowserContext;
let page: Page;

const ringSwitch = () => page.getByRole("switch", { name: /^Ring this phone/ });
const dailySwitch = () => page.getByRole("switch", { name: /^Daily report/ });

beforeAll(async () => {
  server = new PushServer();
  [browser, door] = await Promise.all([launchBrowser(), Door.start({ postRoll: "4s" }), server.start()]);
  context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  page = await context.newPage();
  await pair(page, door);
  await goTo(page, "Settings");
});
afterAll(async () => {
  await browser?.close();
  await door?.stop();
  await server?.stop();
});

/** The browser's own push service is a machine of its maker: here the subscription leads to ours. */
async function subscribeHere(): Promise<void> {
  await context.exposeFunction("subscribed", (key: string) => server.subscribe(Buffer.from(key, "base64")));
  const script = (): void => {
    const kept = "test-subscription";
    const bytesOf = (text: string): ArrayBuffer => {
      const plain = text.replaceAll("-", "+").replaceAll("_", "/");
      return Uint8Array.from(atob(plain), (c) => c.charCodeAt(0)).buffer;
    };
    const subscriptionOf = (text: string | null): unknown => {
      if (text === null) return null;
      const { endpoint, p256dh, auth, key } = JSON.parse(text) as Record<string, string>;
      return {
        endpoint,
        options: { applicationServerKey: bytesOf(key ?? "") },
        getKey: (name: string) => bytesOf((name === "auth" ? auth : p256dh) ?? ""),
        unsubscribe: () => Promise.resolve(localStorage.removeItem(kept)),
      };
    };
    const { subscribed } = window as unknown as { subscribed: (key: string) => Promise<object> };
    Object.assign(PushManager.prototype, {
      getSubscription: () => Promise.resolve(subscriptionOf(localStorage.getItem(kept))),
      async subscribe({ applicationServerKey }: { applicationServerKey: Uint8Array }) {
        const key = btoa(String.fromCharCode(...applicationServerKey));
        localStorage.setItem(kept, JSON.stringify({ ...(await subscribed(key)), key }));
        return subscriptionOf(localStorage.getItem(kept));
      },
    });
  };
  await context.addInitScript(script);
}

const setSeen = (state: "visible" | "hidden"): Promise<void> =>
  page.evaluate((seen) => {
    Object.defineProperty(document, "visibilityState", { value: seen, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);

describe("waking a phone", () => {
  test("is not offered behind the person's back, and says so where the browser blocks it", async () => {
    expect(await page.evaluate(() => Notification.permission)).not.toBe("granted");
    await ringSwitch().click();
    await page.getByRole("alert").getByText("shows no notifications of this page").waitFor();
    expect(await ringSwitch().isChecked()).toBe(false);
  });

  test("says so where the browser's push service is out of reach", async () => {
    await context.grantPermissions(["notifications"]);
    await page.reload();
    await ringSwitch().click();
    await page.getByRole("alert").getByText("push service cannot be reached").waitFor();
    expect(await ringSwitch().isChecked()).toBe(false);
  });

  test("needs a subscription that only this browser opens, and is kept from whoever hears the ring", async () => {
    await subscribeHere();
    await page.reload();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await ringSwitch().click();
    await until(() => ringSwitch().isChecked());
    await dailySwitch().click();
    await until(() => dailySwitch().isChecked());
    await expectAccessible(page);
    await page.reload();
    await until(() => dailySwitch().isChecked());
    await page.getByText("Connected").waitFor({ state: "attached" });
    await ringOnce(page, door); // it records for longer than it waits for a phone's word
    expect(server.received).toEqual([]);
  });

  test("reaches a phone that nobody looks at, by a message that says nothing; the worker shows one sentence", async () => {
    await setSeen("hidden");
    await dailySwitch().click(); // once this is answered the doorbell has heard all that was said before
    await until(async () => !(await dailySwitch().isChecked()));
    await door.ring();
    const [message] = await server.has(1);
    expect(message?.plain).toEqual(Buffer.from(WAKE_UP));
    expect(message?.isVouched).toBe(true);
    const session = await context.newCDPSession(page);
    const registration = new Promise<string>((resolve) => {
      session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations: [first] }) => {
        if (first !== undefined) resolve(first.registrationId);
      });
    });
    await session.send("ServiceWorker.enable");
    const delivery = {
      origin: door.url.replace(/\/$/, ""),
      registrationId: await registration,
      data: message?.plain?.toString() ?? "",
    };
    const shown = () =>
      page.evaluate(async () => {
        const notifications = await (await navigator.serviceWorker.ready).getNotifications();
        return notifications.map((each) => {
          const { title, body, renotify } = each as Notification & { readonly renotify: boolean };
          return `${title}: ${body}${renotify ? ", heard again each time" : ""}`;
        });
      });
    await until(async () => {
      // A push service delivers anew what a worker that was only starting let go; one tag keeps it one notification.
      await session.send("ServiceWorker.deliverPushMessage", delivery);
      return (await shown()).length > 0;
    });
    expect(await shown()).toEqual(["Doorward: Look at your door, heard again each time"]);
    await setSeen("visible");
    await page.getByRole("button", { name: "Not now" }).click();
  });

  test("is made anew when the browser has given it up", async () => {
    await page.evaluate(() => localStorage.removeItem("test-subscription"));
    await page.reload();
    await until(() => page.evaluate(() => localStorage.getItem("test-subscription") !== null));
  });

  test("is made anew when the doorbell has lost its side", async () => {
    const file = join(door.dir, "door/web/push.json");
    const subscribed = async (): Promise<boolean> =>
      (await readFile(file, "utf8").catch(() => "")).includes(server.origin);
    expect(await subscribed()).toBe(true); // control
    await door.shutDown();
    await writeFile(file, "a card that fails");
    await door.comeBack();
    await page.reload();
    await until(subscribed);
  });

  test("goes without a browser's push service too, to an address of one's own", async () => {
    await page.getByText("Without a browser's push service").click();
    await page.getByLabel("Address, beginning with").fill(`${server.origin}/topic`);
    await expectAccessible(page);
    await page.getByRole("button", { name: "Use this address" }).click();
    await page.getByRole("button", { name: "Wake this phone no more" }).waitFor();
    expect(await ringSwitch().isChecked()).toBe(false);
    expect(await page.evaluate(() => localStorage.getItem("test-subscription"))).toBeNull();
    await page.goto("about:blank");
    await page.waitForTimeout(10_000); // nobody is woken twice in a row
    await door.ring();
    const message = (await server.has(2)).at(-1);
    expect(message?.path).toBe("/topic");
    expect(message?.body).toEqual(Buffer.from(WAKE_UP));
  });

  test("ends when it is switched off", async () => {
    await page.goto(`${door.url}#/settings`);
    await page.getByText("Without a browser's push service").click();
    await page.getByRole("button", { name: "Wake this phone no more" }).click();
    await page.getByRole("button", { name: "Use this address" }).waitFor();
    await page.goto("about:blank");
    await page.waitForTimeout(10_000);
    await door.ringAndSeal(); // it records for longer than it waits for a phone's word
    expect(server.received).toHaveLength(2);
  });

  test("ends on a phone that forgets its doorbell, and its other tabs say what happened", async () => {
    await page.goto(`${door.url}#/settings`);
    await page.getByText("Connected").waitFor({ state: "attached" });
    expect(await ringSwitch().isEnabled()).toBe(true); // control of the test below
    await ringSwitch().click();
    await until(() => ringSwitch().isChecked());
    const other = await context.newPage();
    await other.goto(door.url);
    await other.getByRole("button", { name: "Use it here" }).waitFor();
    await page.getByRole("button", { name: "Forget this doorbell" }).click();
    await page.getByRole("button", { name: "Delete the keys" }).click();
    await page.getByRole("heading", { name: "A doorbell that answers only to you" }).waitFor();
    expect(await page.evaluate(() => localStorage.getItem("test-subscription"))).toBeNull();
    await other.getByText("The doorbell was forgotten in another tab").waitFor();
    expect(await other.getByText("Nothing is lost").count()).toBe(0);
    await expectAccessible(other);
    await other.getByRole("button", { name: "Reload" }).click();
    await other.getByRole("heading", { name: "A doorbell that answers only to you" }).waitFor();
  });
});

test("a doorbell that wakes no phone says so, and nothing is offered that would wait for it in vain", async () => {
  const silent = await Door.start({ push: false });
  onTestFinished(() => silent.stop());
  const phone = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await pair(phone, silent);
  await goTo(phone, "Settings");
  await phone.getByText("Notifications are switched off at the doorbell").waitFor();
  expect(await phone.getByRole("switch", { name: /^Ring this phone/ }).isDisabled()).toBe(true);
  await phone.getByText("Without a browser's push service").click();
  await phone.getByLabel("Address, beginning with").fill("https://ntfy.example/topic");
  expect(await phone.getByRole("button", { name: "Use this address" }).isDisabled()).toBe(true);
  await expectAccessible(phone);
});

import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { forgedLeaf } from "../fakes/forged-leaf.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { goTo, openNewest, pair, ringOnce, tryAgain } from "./hands.ts";
import { fetchAuthority, trustingHome } from "./trusting-home.ts";
import { until } from "./until.ts";

const NAME = "door.example";
const OTHER = "bank.example";
/** Both names are this machine, and no other is anything. */
const RULES = [`MAP ${NAME} 127.0.0.1`, `MAP ${OTHER} 127.0.0.1`, "MAP * ~NOTFOUND"].join(", ");

let door: Door;
let homes: readonly string[] = [];
let trusting: Browser;
let stranger: Browser;
let page: Page;

beforeAll(async () => {
  door = await Door.start({ names: [NAME] });
  const authority = await fetchAuthority(Number(new URL(door.url).port), NAME);
  homes = await Promise.all([trustingHome([authority]), trustingHome([])]);
  const launch = (home: string | undefined): Promise<Browser> =>
    launchBrowser([`--host-resolver-rules=${RULES}`], home);
  [trusting, stranger] = await Promise.all([launch(homes[0]), launch(homes[1])]);
  page = await (await trusting.newContext({ viewport: { width: 360, height: 740 } })).newPage();
});

afterAll(async () => {
  await Promise.all([trusting?.close(), stranger?.close()]);
  await door?.stop();
  await Promise.all(homes.map((home) => rm(home, { recursive: true, force: true })));
});

describe("the app at the doorbell's own HTTPS address", () => {
  test("pairs, rings and plays on a phone that has installed the doorbell's authority", async () => {
    expect(door.url).toMatch(/^https:\/\/door\.example:/);
    await pair(page, door);
    await ringOnce(page, door);
    await openNewest(page);
    await until(() => page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime > 1));
  });

  test("installs its service worker there", async () => {
    await until(() =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"),
    );
    await page.reload();
    await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null));
    expect(await page.evaluate(() => isSecureContext)).toBe(true);
  });

  test("starts from that worker while the doorbell is off, with what it knew, and comes back by itself", async () => {
    await door.shutDown();
    const reloaded = page.waitForResponse((response) => response.url() === door.url);
    await page.goto(door.url);
    expect((await reloaded).fromServiceWorker()).toBe(true);
    await page.locator(".main .notice").getByText("Doorbell not reached").waitFor();
    await goTo(page, "Timeline");
    await page.getByRole("link", { name: /^Ring/ }).first().waitFor();
    await door.comeBack();
    await tryAgain(page);
  });
});

describe("a browser without the doorbell's authority", () => {
  test("opens nothing by itself", async () => {
    const other = await stranger.newPage();
    await expect(other.goto(door.url)).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
    await other.close();
  });

  test("whose user clicks the warning away gets the page and no service worker", async () => {
    const other = await (await stranger.newContext({ ignoreHTTPSErrors: true })).newPage();
    await other.goto(door.url);
    await other.getByRole("heading", { name: "A doorbell that answers only to you" }).waitFor();
    const registering = other.evaluate(() =>
      navigator.serviceWorker.register("./service-worker.js").then(
        () => "registered",
        (error: unknown) => String(error),
      ),
    );
    expect(await registering).toContain("SSL certificate error");
    await other.close();
  });
});

describe("whoever stole the key of the doorbell's authority", () => {
  let server: Server | null = null;
  const serve = async (name: string): Promise<string> => {
    const leaf = await forgedLeaf(join(door.dir, "door/web/authority.json"), [name]);
    server = createServer(leaf, (_request, response) => response.end("forged"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `https://${name}:${(server.address() as AddressInfo).port}/`;
  };
  const open = async (url: string): Promise<string> => {
    const other = await (await trusting.newContext()).newPage();
    try {
      return (await (await other.goto(url))?.text()) ?? "";
    } finally {
      await other.close();
      server?.closeAllConnections();
      server?.close();
    }
  };

  test("passes for the doorbell, and for no other site", async () => {
    expect(await open(await serve(NAME))).toBe("forged"); // control: the certificate is well made
    await expect(open(await serve(OTHER))).rejects.toThrow(/ERR_CERT/);
  });
});

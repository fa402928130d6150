import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Authority } from "../../src/device/web/authority.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { launchBrowser } from "./browser.ts";
import { Door } from "./door.ts";
import { openNewest, pair, ringOnce } from "./hands.ts";
import { fetchAuthority, trustingHome } from "./trusting-home.ts";
import { until } from "./until.ts";

const [DOOR, APP] = ["door.example", "app.example"];
const RULES = [`MAP ${DOOR} 127.0.0.1`, `MAP ${APP} 127.0.0.1`, "MAP * ~NOTFOUND"].join(", ");
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

let dir: string;
let bundle: string;
let host: Server;
let door: Door;
let closed: Door;
let browser: Browser;
let home: string;
let page: Page;
let origin: string;

/** Any web server at all: it knows nothing of doorbells. */
async function serveBundle(): Promise<Server> {
  const { authority } = await Authority.open(join(dir, "authority"), [APP]);
  const server = createServer(await authority.issue(Date.now()), (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "https://any");
    const file = pathname === "/" ? "/index.html" : pathname;
    readFile(join(bundle, file)).then(
      (bytes) => response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-elsewhere-"));
  bundle = join(dir, "bundle");
  await cp(join(import.meta.dirname, "../../dist/app"), bundle, { recursive: true });
  host = await serveBundle();
  origin = `https://${APP}:${(host.address() as AddressInfo).port}`;
  [door, closed] = await Promise.all([Door.start({ names: [DOOR], origins: [origin] }), Door.start({ names: [DOOR] })]);
  const { authority } = await Authority.open(join(dir, "authority"), [APP]);
  const authorities = await Promise.all(
    [door, closed].map(({ url }) => fetchAuthority(Number(new URL(url).port), DOOR)),
  );
  home = await trustingHome([authority.der, ...authorities]);
  browser = await launchBrowser([`--host-resolver-rules=${RULES}`], home);
  page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([door?.stop(), closed?.stop()]);
  host?.closeAllConnections();
  host?.close();
  await Promise.all([dir, home].map((each) => rm(each, { recursive: true, force: true })));
});

describe("a signed build of the app", () => {
  const verify = async (signer: string): Promise<number> =>
    (await doorward(["app", "verify", bundle, "--signer", signer, "--json"])).exit;

  test("is what was signed, as anybody can tell; one changed byte is noticed", async () => {
    const { out } = await doorward(["app", "sign", bundle, "--key", join(dir, "app.key"), "--json"]);
    const { signer } = JSON.parse(out) as { signer: string };
    expect(await verify(signer)).toBe(0);
    const worker = await readFile(join(bundle, "service-worker.js"));
    await writeFile(join(bundle, "service-worker.js"), `${worker.toString()} `);
    expect(await verify(signer)).not.toBe(0);
    await writeFile(join(bundle, "service-worker.js"), worker);
    expect(await verify(signer)).toBe(0);
  });
});

describe("the app at an origin that the doorbell does not control", () => {
  test("pairs, rings and plays, and asks nobody but the doorbell's broker; its own host for the app's files only", async () => {
    const asked = new Set<string>();
    const files = new Set<string>();
    page.on("request", (request) => {
      const { origin: at, pathname } = new URL(request.url());
      asked.add(at);
      if (at === origin) files.add(extname(pathname));
    });
    page.on("websocket", (socket) => asked.add(new URL(socket.url()).origin));
    await pair(page, door, `${origin}/`);
    await ringOnce(page, door);
    await openNewest(page);
    await until(() => page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime > 1));
    asked.delete("null"); // blob:
    const { host: doorHost } = new URL(door.url);
    expect([...asked].toSorted()).toEqual([origin, `wss://${doorHost}`].toSorted());
    expect([...files].filter((kind) => TYPES[kind] === undefined)).toEqual([""]); // the page itself; no clip, no socket
  });

  test("installs its service worker there", async () => {
    await until(() =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"),
    );
  });

  test("is not taken by a doorbell that was not told of that origin", async () => {
    const other = await (await browser.newContext()).newPage();
    await other.goto(`${origin}/#${await closed.pairingCode()}`);
    await other.getByRole("button", { name: "Pair", exact: true }).click();
    await other.getByRole("alert").getByText("No doorbell answers to this code").waitFor();
  });
});

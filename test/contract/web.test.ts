import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import { pairWithCode } from "../../src/owner/pair.ts";
import { parseBrokerUrls } from "../../src/protocol/link-login.ts";
import { decodePairingCode } from "../../src/protocol/pairing-handshake.ts";
import { newPhone, startDevice } from "./link-rig.ts";
import { type ServedApp, serveApp } from "./web-rig.ts";

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of stop.splice(0).toReversed()) await each();
});

async function served(options: Parameters<typeof serveApp>[0] = {}): Promise<ServedApp> {
  const app = await serveApp(options);
  stop.push(() => app.stop());
  return app;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** As raw as a stranger may ask: path and headers are sent as they are. */
function ask({ web }: ServedApp, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const host = `localhost:${web.port}`;
    const asked = request(
      { host: "127.0.0.1", port: web.port, path, method, headers: { host, ...headers } },
      (reply) => {
        let body = "";
        reply.setEncoding("utf8").on("data", (part: string) => {
          body += part;
        });
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }));
      },
    );
    asked.once("error", reject);
    asked.end();
  });
}

describe("a browser", () => {
  test("pairs and links through /mqtt with the owner's library, by the address that the pairing code names", async () => {
    let urls: readonly string[] = [];
    const device = await startDevice(undefined, { webUrls: async () => urls });
    stop.push(() => device.stop());
    const app = await served({ acceptMember: device.link.acceptMember });
    urls = app.web.memberUrls;
    const { qrText } = await device.link.startPairing();
    const named = parseBrokerUrls(decodePairingCode(nodeCrypto, qrText).broker).map(({ url }) => url);
    expect(named).toEqual([`mqtt://127.0.0.1:${device.link.brokerPort}`, `ws://localhost:${app.web.port}/mqtt`]);

    const phone = await newPhone();
    const tried: string[] = [];
    const overWebSocket: typeof phone.ports.connect = (login) => {
      tried.push(login.url);
      return login.url.startsWith("ws:")
        ? phone.ports.connect(login)
        : Promise.reject(new Error("no TCP in a browser"));
    };
    const ports = { ...phone.ports, connect: overWebSocket };
    expect(await pairWithCode(ports, phone.signer.publicKey, qrText)).toMatchObject({ role: "owner" });
    const client = await LinkClient.open(ports);
    stop.push(() => client.close());
    const household = await new Doorbell(client).household();
    expect(household.members).toHaveLength(1);
    expect(tried.filter((url) => url.startsWith("ws:"))).toHaveLength(2);
  });

  test("gets the app with a policy that lets it connect to this device and the configured broker alone", async () => {
    const app = await served({ brokerOrigins: ["wss://broker.example:443"] });
    const { status, headers, body } = await ask(app, "/");
    expect({ status, body }).toEqual({ status: 200, body: "<!doctype html><title>App</title>" });
    const socket = `ws://localhost:${app.web.port}`;
    expect(String(headers["content-security-policy"]).split("; ")).toEqual([
      "default-src 'self'",
      `connect-src 'self' ${socket} wss://broker.example:443`,
      "img-src 'self' blob: data:",
      "media-src 'self' blob:",
      "worker-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(headers["cache-control"]).toBe("no-cache");
    expect(headers["strict-transport-security"]).toBeUndefined();
    const asset = await ask(app, "/assets/app-Hx7.js");
    expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
  });
});

describe("a file that was packed when it was built", () => {
  const PATH = "/assets/app-Hx7.js";
  const packed = async (): Promise<ServedApp> => {
    const app = await served();
    const file = join(app.appDir, "assets", "app-Hx7.js");
    await writeFile(`${file}.br`, brotliCompressSync("export {};\n"));
    await writeFile(`${file}.gz`, gzipSync("export {};\n"));
    return app;
  };

  test.each([
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["identity", undefined],
  ])("comes as a browser with %s takes it, and caches tell the forms apart", async (accepted, encoding) => {
    const { status, headers } = await ask(await packed(), PATH, { "accept-encoding": accepted });
    expect([status, headers["content-encoding"]]).toEqual([200, encoding]);
    expect(headers["content-type"]).toMatch(/^(?:text|application)\/javascript/);
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(String(headers.vary)).toMatch(/accept-encoding/i);
  });

  test("has a tag of its own in each form, by which it is not sent twice", async () => {
    const app = await packed();
    const forms = ["br", "gzip", "identity"];
    const replies = await Promise.all(forms.map((form) => ask(app, PATH, { "accept-encoding": form })));
    const tags = replies.map(({ headers }) => String(headers.etag));
    expect(new Set(tags).size).toBe(3);
    for (const [index, form] of forms.entries()) {
      const again = (tag = ""): Promise<Reply> => ask(app, PATH, { "accept-encoding": form, "if-none-match": tag });
      expect((await again(tags[index])).status).toBe(304);
      expect((await again(tags[(index + 1) % 3])).status).toBe(200); // control
    }
  });
});

describe("a page left open over an update", () => {
  test("still gets the parts it was made of, once; the new page is served", async () => {
    const app = await served();
    await rm(join(app.appDir, "assets", "app-Hx7.js"));
    await writeFile(join(app.appDir, "assets", "app-New.js"), "export const next = 1;\n");
    await writeFile(join(app.appDir, "index.html"), "<!doctype html><title>Next</title>");
    expect((await ask(app, "/assets/app-Hx7.js")).status).toBe(404); // control: before the restart there is no such file
    await app.web.stop();
    await app.web.start(new AbortController().signal);
    expect((await ask(app, "/")).body).toContain("Next");
    const old = await ask(app, "/assets/app-Hx7.js");
    expect([old.status, old.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect((await ask(app, "/assets/app-New.js")).status).toBe(200);
  });
});

describe("a stranger", () => {
  test.each([
    "/nothing",
    "/.secret",
    "/../outside.txt",
    "/%2e%2e/outside.txt",
    "/..%2foutside.txt",
    "/assets/",
    "/%00",
    "/%",
  ])("gets nothing for %s", async (path) => {
    const { status, body } = await ask(await served(), path);
    expect({ status, body }).toEqual({ status: 404, body: "" });
  });

  test("cannot write anything, by any method", async () => {
    const app = await served();
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const { status, body } = await ask(app, "/", {}, method);
      expect({ method, status, body }).toEqual({ method, status: 405, body: "" });
    }
  });

  test("with a name of its own that points here (DNS rebinding) is refused", async () => {
    const app = await served({ config: { names: ["doorbell.local"] } });
    expect((await ask(app, "/", { host: "evil.example" })).status).toBe(421);
    for (const host of ["doorbell.local", "localhost:1", "192.168.1.7:8080", "[::1]:8080"]) {
      expect((await ask(app, "/", { host })).status, host).toBe(200); // control
    }
  });

  test("learns no version and no detail from what is no HTTP", async () => {
    const { web } = await served();
    const socket = connect(web.port, "127.0.0.1");
    let heard = "";
    socket.on("data", (part) => {
      heard += String(part);
    });
    socket.write("HELO doorbell\r\n\r\n");
    await once(socket, "close");
    expect(heard).toBe("");
  });

  test("who asks too often is told so, and others are not", async () => {
    const app = await served();
    const statuses = new Set<number>();
    for (let i = 0; i < 40; i += 1) {
      const batch = await Promise.all(Array.from({ length: 20 }, () => ask(app, "/nothing")));
      for (const { status } of batch) statuses.add(status);
    }
    expect([...statuses]).toEqual([404, 429]);
  });

  test("cannot hold more than its share of connections", async () => {
    const { web } = await served();
    const sockets: Socket[] = [];
    stop.push(async () => {
      for (const socket of sockets) socket.destroy();
    });
    let closed = 0;
    for (let i = 0; i < 40; i += 1) {
      const socket = connect(web.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.on("close", () => {
        closed += 1;
      });
      sockets.push(socket);
      await once(socket, "connect");
    }
    await expect.poll(() => closed).toBe(8);
  });
});

describe("the broker's socket", () => {
  const opens = async (app: ServedApp, path: string, protocol: string, origin?: string): Promise<boolean> => {
    const url = `ws://localhost:${app.web.port}${path}`;
    const socket = new WebSocket(url, protocol, origin === undefined ? {} : { origin });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("open", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.terminate();
    return isOpen;
  };

  test("opens for this origin and configured ones, at /mqtt, for MQTT, and for nothing else", async () => {
    const acceptMember = (stream: { destroy(): void; on(name: "error", call: () => void): void }): void =>
      stream.on("error", () => {});
    const app = await served({ acceptMember, config: { origins: ["https://app.example"] } });
    const own = `http://localhost:${app.web.port}`;
    expect(await opens(app, "/mqtt", "mqtt")).toBe(true);
    expect(await opens(app, "/mqtt", "mqtt", own)).toBe(true);
    expect(await opens(app, "/mqtt", "mqtt", "https://app.example")).toBe(true);
    expect(await opens(app, "/mqtt", "mqtt", "https://evil.example")).toBe(false);
    expect(await opens(app, "/mqtt", "mqtt", "null")).toBe(false);
    expect(await opens(app, "/mqtt", "soap")).toBe(false);
    expect(await opens(app, "/", "mqtt")).toBe(false);
  });

  test("is not there when the household's broker is elsewhere", async () => {
    const app = await served();
    expect(await opens(app, "/mqtt", "mqtt")).toBe(false);
    expect(app.web.memberUrls).toEqual([]);
  });
});

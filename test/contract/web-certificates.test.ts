import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type PeerCertificate } from "node:tls";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../src/device/platform/logger.ts";
import { Authority, LEAF_DAYS } from "../../src/device/web/authority.ts";
import { CertificateFiles, OwnCertificates } from "../../src/device/web/certificates.ts";
import { FakeClock } from "../fakes/fake-clock.ts";
import { forgedLeaf } from "../fakes/forged-leaf.ts";

import { testCertificate, testCertificateKey } from "./link-certificate.ts";
import { serveApp } from "./web-rig.ts";

const run = promisify(execFile);
const NAMES = ["doorbell.local", "192.168.1.20", "fd00::7"];
const DAY_MS = 86_400_000;

let dir: string;
const stop: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-ca-"));
});
afterEach(async () => {
  for (const each of stop.splice(0).toReversed()) await each();
  await rm(dir, { recursive: true, force: true });
});

/** What openssl thinks of a leaf under the authority, for one name or address. */
async function openssl(
  ca: string,
  leaf: string,
  option: "-verify_hostname" | "-verify_ip",
  name: string,
): Promise<string> {
  await writeFile(join(dir, "ca.pem"), ca);
  await writeFile(join(dir, "leaf.pem"), leaf);
  const words = ["verify", "-x509_strict", "-purpose", "sslserver", option, name];
  try {
    await run("openssl", [...words, "-CAfile", join(dir, "ca.pem"), join(dir, "leaf.pem")]);
    return "ok";
  } catch (error) {
    return String((error as { stderr?: string }).stderr);
  }
}

describe("the doorbell's own authority", () => {
  test("vouches for the doorbell's names and addresses", async () => {
    const { authority } = await Authority.open(dir, NAMES);
    const { cert } = await authority.issue(Date.now());
    expect(await openssl(authority.pem, cert, "-verify_hostname", "doorbell.local")).toBe("ok");
    expect(await openssl(authority.pem, cert, "-verify_ip", "192.168.1.20")).toBe("ok");
    expect(await openssl(authority.pem, cert, "-verify_ip", "fd00::7")).toBe("ok");
    expect(await openssl(authority.pem, cert, "-verify_hostname", "other.local")).toContain("mismatch");
  });

  test.each([
    ["another name", NAMES, ["bank.example"], []],
    ["another address", NAMES, ["doorbell.local"], ["192.168.1.21"]],
    ["another IPv6 address", NAMES, [], ["fd00::8"]],
    ["any address, where only a name was meant", ["doorbell.local"], ["doorbell.local"], ["192.168.1.20"]],
    ["any name, where only an address was meant", ["192.168.1.20"], ["bank.example"], []],
  ])("vouches for nothing else even when its key is stolen: %s", async (_, names, dns, ips) => {
    const { authority } = await Authority.open(dir, names);
    const { cert: leaf } = await forgedLeaf(join(dir, "authority.json"), dns, ips);
    const [option, name] =
      ips[0] === undefined ? (["-verify_hostname", dns[0] ?? ""] as const) : (["-verify_ip", ips[0]] as const);
    expect(await openssl(authority.pem, leaf, option, name)).toMatch(
      /permitted subtree violation|excluded subtree violation/,
    );
  });

  test("is made once, only its user can read it, and it does not tell when it was made", async () => {
    const first = await Authority.open(dir, NAMES);
    const again = await Authority.open(dir, NAMES.toReversed());
    expect([first.isNew, again.isNew]).toEqual([true, false]);
    expect(again.authority.pem).toBe(first.authority.pem);
    expect(new X509Certificate(first.authority.pem).validFrom).toContain("2020");
    const { stdout } = await run("stat", ["-c", "%a", join(dir, "authority.json")]);
    expect(stdout.trim()).toBe("600");
  });

  test("is made anew for other names, and one that cannot be read is left alone", async () => {
    const first = await Authority.open(dir, NAMES);
    const other = await Authority.open(dir, ["bell.example"]);
    expect(other.isNew).toBe(true);
    expect(other.authority.pem).not.toBe(first.authority.pem);
    await writeFile(join(dir, "authority.json"), "{");
    await expect(Authority.open(dir, NAMES)).rejects.toMatchObject({ code: "web/authority-damaged" });
    expect(await readFile(join(dir, "authority.json"), "utf8")).toBe("{");
  });

  test("renews its certificate before the end and when the clock was set, forwards or back", async () => {
    const clock = new FakeClock();
    const certificates = new OwnCertificates(dir, NAMES, { clock, log: silentLog });
    const first = await certificates.open();
    expect(await certificates.renewed()).toBeNull();
    await clock.advance((LEAF_DAYS - 34) * DAY_MS);
    expect(await certificates.renewed()).toBeNull();
    await clock.advance(4 * DAY_MS);
    const second = await certificates.renewed();
    expect(second?.cert).not.toBe(first.cert);
    clock.jumpTo(clock.nowMs() + 400 * DAY_MS);
    expect(await certificates.renewed()).not.toBeNull();
    clock.jumpTo(clock.nowMs() - 1000 * DAY_MS);
    expect(await certificates.renewed()).not.toBeNull();
    expect(await certificates.renewed()).toBeNull();
  });
});

describe("certificate files", () => {
  test("are taken over when they change, and half of a pair is not", async () => {
    const log = silentLog;
    const [certFile, keyFile] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    await writeFile(certFile, testCertificate);
    await writeFile(keyFile, testCertificateKey);
    const files = new CertificateFiles({ certFile, keyFile }, log);
    expect(await files.open()).toEqual({ cert: testCertificate, key: testCertificateKey });
    expect(await files.renewed()).toBeNull();
    const { authority } = await Authority.open(dir, NAMES);
    const leaf = await authority.issue(Date.now());
    await writeFile(certFile, leaf.cert);
    await utimes(certFile, 1, 2_000_000_000);
    expect(await files.renewed()).toBeNull();
    await writeFile(keyFile, leaf.key);
    await utimes(keyFile, 1, 2_000_000_001);
    expect(await files.renewed()).toEqual({ cert: leaf.cert, key: leaf.key });
  });

  test("that are missing or no pair keep the server from starting, with the reason", async () => {
    const files = new CertificateFiles({ certFile: join(dir, "none"), keyFile: join(dir, "none") }, silentLog);
    await expect(files.open()).rejects.toMatchObject({ code: "web/certificate" });
  });
});

describe("the web server over HTTPS", () => {
  const inspect = (port: number, ca: string, servername: string): Promise<PeerCertificate> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, ca, servername }, () => {
        resolve(socket.getPeerCertificate());
        socket.destroy();
      });
      socket.once("error", reject);
    });

  test("serves the app to whoever trusts its authority, hands that out, and speaks no plain HTTP", async () => {
    const app = await serveApp({ config: { host: "0.0.0.0", names: ["doorbell.local"] } });
    stop.push(() => app.stop());
    expect(app.web.origin).toBe(`https://doorbell.local:${app.web.port}`);
    const get = (path: string, options: object): Promise<{ status: number; type: unknown; body: Buffer }> =>
      new Promise((resolve, reject) => {
        const host = { host: "127.0.0.1", port: app.web.port, servername: "doorbell.local" };
        const asked = request({ ...host, path, headers: { host: "doorbell.local" }, ...options }, (reply) => {
          const parts: Buffer[] = [];
          reply.on("data", (part: Buffer) => parts.push(part));
          const type = reply.headers["content-type"];
          reply.on("end", () => resolve({ status: reply.statusCode ?? 0, type, body: Buffer.concat(parts) }));
        });
        asked.once("error", reject);
        asked.end();
      });
    const { type, body } = await get("/ca.crt", { rejectUnauthorized: false });
    expect(type).toBe("application/x-x509-ca-cert");
    const ca = new X509Certificate(body).toString();
    expect((await get("/", { ca })).status).toBe(200);
    await expect(get("/", {})).rejects.toThrow(/self-signed|unable to verify|self signed/);
    await expect(inspect(app.web.port, ca, "other.local")).rejects.toThrow(/does not match/);
    await expect(fetch(`http://127.0.0.1:${app.web.port}/`)).rejects.toThrow();
  });

  test("shows a new certificate to new connections without a restart", async () => {
    const { authority } = await Authority.open(dir, ["doorbell.local"]);
    const [certFile, keyFile] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    const put = async (secondsSinceEpoch: number): Promise<void> => {
      const leaf = await authority.issue(Date.now());
      await writeFile(certFile, leaf.cert);
      await writeFile(keyFile, leaf.key);
      await utimes(keyFile, 1, secondsSinceEpoch);
    };
    await put(2_000_000_000);
    const app = await serveApp({ config: { tls: { certFile, keyFile }, names: ["doorbell.local"] } });
    stop.push(() => app.stop());
    const before = await inspect(app.web.port, authority.pem, "doorbell.local");
    await put(2_000_000_001);
    await app.web.lookAtCertificate();
    const after = await inspect(app.web.port, authority.pem, "doorbell.local");
    expect(after.fingerprint256).not.toBe(before.fingerprint256);
  });
});

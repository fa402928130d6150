import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectBroker } from "../../../src/cli/broker-connection.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { type RunningMailbox, startMailbox } from "../../../src/mailbox/mailbox.ts";
import { createCard, inboxLogin } from "../../../src/recipient/card.ts";

const never = new AbortController().signal;
let mailbox: RunningMailbox;
let spy: Server;
let heard = "";
let cert = "";
let login: { readonly username: string; readonly password: string };

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), "doorward-tls-"));
  const [keyFile, certFile] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  const names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=doorbell -addext ${names}`;
  execFileSync("openssl", [...request.split(" "), "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
  cert = readFileSync(certFile, "utf8");
  const key = readFileSync(keyFile, "utf8");
  rmSync(dir, { recursive: true });
  mailbox = await startMailbox({ host: "127.0.0.1", port: 0, tls: { cert, key } });
  spy = createServer({ cert, key }, (socket) => socket.on("data", (bytes) => (heard += bytes.toString("latin1"))));
  spy.on("tlsClientError", () => undefined);
  await new Promise<void>((done) => spy.listen(0, "127.0.0.1", done));
  const { secrets } = await createCard(nodeCrypto, { name: "Anna", url: mailbox.url, ca: null });
  login = inboxLogin(nodeCrypto, secrets);
});
afterAll(async () => {
  spy.close();
  await mailbox.stop();
});

const spyUrl = (): string => {
  const address = spy.address();
  return `mqtts://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
};

describe("a connection to a broker", () => {
  test("trusts the one certificate that was agreed on", async () => {
    const certificateSha256 = Buffer.from(new X509Certificate(cert).fingerprint256.replaceAll(":", ""), "hex");
    const client = await connectBroker({ url: mailbox.url, ...login, certificateSha256 }, never);
    expect(client.connected).toBe(true);
    await client.endAsync();
  });

  test("trusts the authority that a card names, and nobody else's", async () => {
    const client = await connectBroker({ url: mailbox.url, ...login, ca: cert }, never);
    await client.endAsync();
    await expect(connectBroker({ url: mailbox.url, ...login }, never)).rejects.toMatchObject({ code: "cli/no-answer" });
  });

  test("ends before the first byte of MQTT when the certificate is another", async () => {
    const address = { url: spyUrl(), ...login, certificateSha256: new Uint8Array(32) };
    await expect(connectBroker(address, never)).rejects.toThrow("another certificate than at pairing");
    expect(heard).toBe("");
  });

  test("says so when the password is wrong, and when nobody listens", async () => {
    const wrong = { url: mailbox.url, ca: cert, username: login.username, password: "wrong" };
    await expect(connectBroker(wrong, never)).rejects.toMatchObject({ code: "cli/no-answer" });
    const closed = createTcpServer();
    await new Promise<void>((done) => closed.listen(0, "127.0.0.1", done));
    const address = closed.address();
    const port = typeof address === "object" ? address?.port : 0;
    await new Promise<void>((done) => closed.close(() => done()));
    const nobody = connectBroker({ url: `mqtt://127.0.0.1:${port}`, ...login }, never);
    await expect(nobody).rejects.toMatchObject({
      code: "cli/no-answer",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each(["http://a", "mqtt://", "a.example", "mqtt:/x"])("%j is no broker", async (url) => {
    await expect(connectBroker({ url, ...login }, never)).rejects.toMatchObject({ code: "cli/usage" });
  });
});

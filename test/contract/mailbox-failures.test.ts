import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dialOutsideBroker } from "../../src/device/link/outside-broker.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Secret } from "../../src/device/platform/secret.ts";
import { Publisher } from "../../src/device/publisher/publisher.ts";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { fromUtf8 } from "../../src/protocol/bytes.ts";
import { createCard, inboxLogin, signCard } from "../../src/recipient/card.ts";
import { Inbox } from "../../src/recipient/inbox.ts";
import { verifyShare } from "../../src/recipient/verify-share.ts";
import { clearanceFor } from "../fakes/clearance.ts";
import { makeConsentWorld } from "../fakes/consent-world.ts";
import { freePort } from "../fakes/free-port.ts";
import { inboxConnection, mqttClient } from "../fakes/inbox-connection.ts";
import { MemoryInbox } from "../fakes/memory-inbox.ts";
import { sealClip } from "../fakes/sealed-clip.ts";
import { tinyFragment, tinyInit, tinyLane } from "../fakes/tiny-mp4.ts";

const deviceSeed = new Uint8Array(32).fill(6);

async function serve(options: Partial<Parameters<typeof startMailbox>[0]> = {}): Promise<RunningMailbox> {
  const mailbox = await startMailbox({ host: "127.0.0.1", port: 0, ...options });
  onTestFinished(() => mailbox.stop());
  return mailbox;
}

test("a delivery goes on after the broker was killed in the middle and came back empty", async () => {
  const port = await freePort();
  let mailbox = await serve({ port });
  const { secrets } = await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null });
  const card = await signCard(nodeCrypto, { name: "R", url: mailbox.url, ca: null }, secrets);
  const video = Array.from({ length: 9 }, (_, i) => tinyFragment(i, randomBytes(600_000)));
  const clip = await sealClip(nodeCrypto, deviceSeed, {
    video: [tinyInit("video"), ...video],
    audio: tinyLane("audio", 9),
  });
  const world = await makeConsentWorld(nodeCrypto, { clip, recipient: { card, secrets } });
  const storage = new MemoryInbox();
  let restarted: Promise<void> | null = null;

  const receive = async (): Promise<void> => {
    const { broker, client } = await inboxConnection(mailbox.url, secrets);
    onTestFinished(() => client.endAsync(true));
    const onProgress = (_delivery: string, next: number): void => {
      if (next >= 8) restarted ??= restart();
    };
    await new Inbox(secrets, { crypto: nodeCrypto, broker, storage, onProgress }).start();
  };
  const restart = async (): Promise<void> => {
    await mailbox.stop();
    mailbox = await serve({ port });
    await receive();
  };

  await receive();
  const delivery = nodeCrypto.randomBytes(16);
  const publisher = new Publisher({
    crypto: nodeCrypto,
    clock: systemClock,
    log: silentLog,
    vault: world.shelf,
    dial: dialOutsideBroker,
    deviceSeed: new Secret(deviceSeed),
    outbox: { deliveryOf: () => delivery, end: () => true },
  });
  const clearance = clearanceFor(nodeCrypto, await world.submission(nodeCrypto.randomBytes(16)));
  expect(await publisher.publish(clearance, new AbortController().signal)).toBe("delivered");
  expect(restarted).not.toBeNull();
  const [share] = storage.shares.values();
  expect(verifyShare(nodeCrypto, share ?? new Uint8Array(), secrets).verdict).toBe("ok");
});

interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

function makeCertificates(): Certificates {
  const dir = mkdtempSync(join(tmpdir(), "certificates-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "ignore" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-subj",
    "/CN=test authority",
    "-days",
    "2",
  );
  openssl(
    "req",
    ...newKey,
    "-keyout",
    "server.key",
    "-out",
    "server.csr",
    "-subj",
    "/CN=localhost",
    "-addext",
    "subjectAltName=IP:127.0.0.1,DNS:localhost",
  );
  openssl(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca.key",
    "-out",
    "server.pem",
    "-days",
    "2",
    "-copy_extensions",
    "copy",
  );
  const read = (name: string): string => readFileSync(join(dir, name), "utf8");
  return { ca: read("ca.pem"), cert: read("server.pem"), key: read("server.key") };
}

test("the device speaks TLS only with a broker under the authority in the card", async () => {
  const { ca, cert, key } = makeCertificates();
  const mailbox = await serve({ tls: { cert, key } });
  const session = await dialOutsideBroker({ url: mailbox.url, ca }, new AbortController().signal);
  await session.close();
  const { ca: otherCa } = makeCertificates();
  await expect(dialOutsideBroker({ url: mailbox.url, ca: otherCa }, new AbortController().signal)).rejects.toThrow();
  await expect(dialOutsideBroker({ url: mailbox.url, ca: null }, new AbortController().signal)).rejects.toThrow();
});

test("a broker that nobody answers at is an error, not a wait", async () => {
  const url = `mqtt://127.0.0.1:${await freePort()}`;
  await expect(dialOutsideBroker({ url, ca: null }, new AbortController().signal)).rejects.toThrow();
});

test("nobody takes over a recipient's session by its client id", async () => {
  const mailbox = await serve();
  const { secrets } = await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null });
  const { client } = await inboxConnection(mailbox.url, secrets);
  onTestFinished(() => client.endAsync(true));
  const { username } = inboxLogin(nodeCrypto, secrets);
  let hasClosed = false;
  client.on("close", () => {
    hasClosed = true;
  });
  for (const clientId of [`reader-${username}`, `inbox-${username}`]) {
    const intruder = await mqttClient(mailbox.url, { clientId });
    await intruder.subscribeAsync(`rc/${"0".repeat(32)}`);
    await intruder.endAsync();
  }
  await client.publishAsync(`rc/${"0".repeat(32)}`, "still here", { qos: 1 });
  expect(hasClosed).toBe(false);
});

test("an anonymous client hears no receipts by wildcard", async () => {
  const dropped: string[] = [];
  const mailbox = await serve({ onDropped: (code) => dropped.push(code) });
  const client = await mqttClient(mailbox.url);
  onTestFinished(() => client.endAsync(true));
  for (const filter of ["rc/+", "rc/#", "#", "$SYS/#", "+/+"]) {
    await expect(client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
  }
  expect(dropped).toEqual(Array.from({ length: 5 }, () => "mailbox/subscribe"));
});

test("what waits for an absent recipient is bounded, and senders are not told", async () => {
  const dropped: string[] = [];
  const mailbox = await serve({ onDropped: (code) => dropped.push(code) });
  const { secrets } = await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null });
  const { username, topicFilter } = inboxLogin(nodeCrypto, secrets);
  const reader = await inboxConnection(mailbox.url, secrets);
  await reader.broker.subscribe(topicFilter, () => {});
  await reader.client.endAsync();
  const sender = await mqttClient(mailbox.url);
  onTestFinished(() => sender.endAsync(true));
  for (let i = 0; i < 100; i += 1) await sender.publishAsync(`in/${username}/${"1".repeat(32)}`, `${i}`, { qos: 1 });
  expect(dropped).toEqual(Array.from({ length: 36 }, () => "mailbox/inbox-full"));

  const heard: string[] = [];
  const { client } = await inboxConnection(mailbox.url, secrets, {}, (_topic, payload) =>
    heard.push(fromUtf8(payload)),
  );
  onTestFinished(() => client.endAsync(true));
  await expect.poll(() => heard.length).toBe(64);
  await sender.publishAsync(`in/${username}/${"1".repeat(32)}`, "after", { qos: 1 });
  await expect.poll(() => heard.at(-1)).toBe("after");
});

test("a reader that asks for others' inboxes beside its own is kept only its own", async () => {
  const mailbox = await serve();
  const make = async () => (await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null })).secrets;
  const [greedy, other] = [await make(), await make()];
  const first = await inboxConnection(mailbox.url, greedy);
  const filters = [inboxLogin(nodeCrypto, greedy).topicFilter, inboxLogin(nodeCrypto, other).topicFilter, "#"];
  await first.client.subscribeAsync(filters, { qos: 1 }).catch(() => {});
  await first.client.endAsync();
  const sender = await mqttClient(mailbox.url);
  onTestFinished(() => sender.endAsync(true));
  const topicOf = (secrets: typeof greedy) => `in/${inboxLogin(nodeCrypto, secrets).username}/${"1".repeat(32)}`;
  await sender.publishAsync(topicOf(other), "not yours", { qos: 1 });
  await sender.publishAsync(topicOf(greedy), "yours", { qos: 1 });
  const heard: string[] = [];
  const { client } = await inboxConnection(mailbox.url, greedy, {}, (_topic, payload) => heard.push(fromUtf8(payload)));
  onTestFinished(() => client.endAsync(true));
  await sender.publishAsync(topicOf(greedy), "the end", { qos: 1 });
  await expect.poll(() => heard).toEqual(["yours", "the end"]);
});

test("what is sent before a reader has subscribed does not wear its inbox down", async () => {
  const dropped: string[] = [];
  const mailbox = await serve({ onDropped: (code) => dropped.push(code) });
  const { secrets } = await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null });
  const { username, topicFilter } = inboxLogin(nodeCrypto, secrets);
  const heard: string[] = [];
  const { broker, client } = await inboxConnection(mailbox.url, secrets, {}, (_topic, payload) =>
    heard.push(fromUtf8(payload)),
  );
  onTestFinished(() => client.endAsync(true));
  const sender = await mqttClient(mailbox.url);
  onTestFinished(() => sender.endAsync(true));
  for (let i = 0; i < 100; i += 1) await sender.publishAsync(`in/${username}/${"1".repeat(32)}`, "early", { qos: 1 });
  await broker.subscribe(topicFilter, () => {});
  for (let i = 0; i < 100; i += 1) await sender.publishAsync(`in/${username}/${"1".repeat(32)}`, "heard", { qos: 1 });
  await expect.poll(() => heard.length).toBe(100);
  expect(dropped).toEqual([]);
});

test("bytes that are not MQTT end that connection only, and stopping ends silent ones", async () => {
  const mailbox = await serve();
  const garbage = connect(mailbox.port, "127.0.0.1");
  const ended = new Promise<void>((resolve) => garbage.on("close", () => resolve()));
  garbage.on("error", () => {});
  garbage.write(randomBytes(1000));
  await ended;
  const silent = connect(mailbox.port, "127.0.0.1");
  silent.on("error", () => {});
  await new Promise<void>((resolve) => silent.on("connect", () => resolve()));
  await (await mqttClient(mailbox.url)).endAsync();
  await mailbox.stop();
});

test.each([
  ["", false],
  [" that never begin TLS", true],
])("one address's silent connections%s are few", async (_what, withTls) => {
  const { cert, key } = makeCertificates();
  const dropped: string[] = [];
  const onDropped = (code: string): void => void dropped.push(code);
  const mailbox = await serve(withTls ? { tls: { cert, key }, onDropped } : { onDropped });
  const silent = Array.from({ length: 80 }, () => connect(mailbox.port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => silent.forEach((socket) => void socket.destroy()));
  await expect.poll(() => silent.filter(({ closed }) => closed).length).toBe(16);
  expect(dropped).toEqual(Array.from({ length: 16 }, () => "mailbox/too-many-connections"));
});

test("a port that is taken is a clear error", async () => {
  const { port } = await serve();
  await expect(startMailbox({ host: "127.0.0.1", port })).rejects.toMatchObject({ code: "mailbox/port" });
});

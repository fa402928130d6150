import { randomBytes } from "node:crypto";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { dialOutsideBroker } from "../../src/device/link/outside-broker.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Secret } from "../../src/device/platform/secret.ts";
import { Publisher } from "../../src/device/publisher/publisher.ts";
import { startMailbox } from "../../src/mailbox/mailbox.ts";
import { createCard, inboxLogin, type RecipientSecrets, signCard } from "../../src/recipient/card.ts";
import { Inbox } from "../../src/recipient/inbox.ts";
import { verifyShare } from "../../src/recipient/verify-share.ts";
import { clearanceFor } from "../fakes/clearance.ts";
import { makeConsentWorld } from "../fakes/consent-world.ts";
import { inboxConnection, type Login, mqttClient } from "../fakes/inbox-connection.ts";
import { MemoryInbox } from "../fakes/memory-inbox.ts";
import { startMosquitto } from "../fakes/mosquitto.ts";
import { sealClip } from "../fakes/sealed-clip.ts";
import { tinyFragment, tinyInit, tinyLane } from "../fakes/tiny-mp4.ts";

const hex = () => randomBytes(16).toString("hex");
const deviceSeed = new Uint8Array(32).fill(5);
const bigContent = () => ({
  video: [tinyInit("video"), ...Array.from({ length: 9 }, (_, i) => tinyFragment(i, nodeCrypto.randomBytes(400_000)))],
  audio: tinyLane("audio", 9),
});

interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

/** Both are to pass the same tests: what the mailbox promises is what the printed Mosquitto configuration promises. */
const brokers: readonly (readonly [string, (recipients: readonly RecipientSecrets[]) => Promise<Broker>])[] = [
  ["the mailbox", () => startMailbox({ host: "127.0.0.1", port: 0 })],
  ["Mosquitto with the printed configuration", startMosquitto],
];

describe.each(brokers)("%s", (_name, start) => {
  let broker: Broker;
  let reader: RecipientSecrets;
  let other: RecipientSecrets;

  beforeAll(async () => {
    const make = async () => (await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null })).secrets;
    reader = await make();
    other = await make();
    broker = await start([reader, other]);
  });
  afterAll(() => broker.stop());

  const open = async (login: Login = {}): Promise<MqttClient> => {
    const client = await mqttClient(broker.url, login);
    onTestFinished(() => client.endAsync(true));
    return client;
  };
  const loginOf = (secrets: RecipientSecrets): Required<Pick<Login, "username" | "password">> & { inbox: string } => {
    const { username, password } = inboxLogin(nodeCrypto, secrets);
    return { username, password, inbox: username };
  };
  const openReader = (secrets: RecipientSecrets): Promise<MqttClient> => {
    const { username, password } = loginOf(secrets);
    return open({ username, password });
  };

  /** What a client hears while something is published; a probe on its own topic tells that the broker has passed all on. */
  async function heard(client: MqttClient, filter: string, publish: () => Promise<unknown>): Promise<string[]> {
    const topics: string[] = [];
    client.on("message", (topic) => topics.push(topic));
    await client.subscribeAsync(filter, { qos: 1 }).catch(() => {});
    await publish().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    return topics;
  }
  const send = async (
    topic: string,
    payload: string | Buffer,
    options: { retain?: boolean } = {},
  ): Promise<unknown> => {
    const client = await open();
    return client.publishAsync(topic, payload, { qos: 1, ...options });
  };

  async function deliveryTo(secrets: RecipientSecrets) {
    const card = await signCard(nodeCrypto, { name: "R", url: broker.url, ca: null }, secrets);
    const clip = await sealClip(nodeCrypto, deviceSeed, bigContent());
    const world = await makeConsentWorld(nodeCrypto, { clip, recipient: { card, secrets } });
    const submission = await world.submission(nodeCrypto.randomBytes(16));
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
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    return { card, end: publisher.publish(clearanceFor(nodeCrypto, submission), ending.signal) };
  }

  test("brings a share to the recipient's inbox", async () => {
    const storage = new MemoryInbox();
    const { broker: connection, client } = await inboxConnection(broker.url, reader);
    onTestFinished(() => client.endAsync(true));
    await new Inbox(reader, { crypto: nodeCrypto, broker: connection, storage }).start();
    const { card, end } = await deliveryTo(reader);
    expect(await end).toBe("delivered");
    const [share] = storage.shares.values();
    expect(verifyShare(nodeCrypto, share ?? new Uint8Array(), reader, { card }).verdict).toBe("ok");
  });

  test("keeps the offer for a recipient that comes later", async () => {
    const first = await inboxConnection(broker.url, other);
    await first.broker.subscribe(inboxLogin(nodeCrypto, other).topicFilter, () => {});
    await first.client.endAsync();
    const { end } = await deliveryTo(other);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const storage = new MemoryInbox();
    const { broker: connection, client } = await inboxConnection(broker.url, other);
    onTestFinished(() => client.endAsync(true));
    await new Inbox(other, { crypto: nodeCrypto, broker: connection, storage }).start();
    expect(await end).toBe("delivered");
    expect(storage.finished).toBe(1);
  });

  test("lets a recipient read its own inbox and no other", async () => {
    const { inbox } = loginOf(reader);
    const delivery = hex();
    const toReader = () => send(`in/${inbox}/${delivery}`, "x");
    expect(await heard(await openReader(reader), `in/${inbox}/+`, toReader)).toEqual([`in/${inbox}/${delivery}`]);
    expect(await heard(await openReader(other), `in/${inbox}/+`, toReader)).toEqual([]);
    expect(await heard(await openReader(other), "in/#", toReader)).toEqual([]);
    expect(await heard(await openReader(other), "#", toReader)).toEqual([]);
    expect(await heard(await open(), `in/${inbox}/+`, toReader)).toEqual([]);
    expect(await heard(await open(), `in/${inbox}/${delivery}`, toReader)).toEqual([]);
  });

  test("passes a receipt to whoever knows its delivery", async () => {
    const delivery = hex();
    const sender = await openReader(reader);
    const receipt = () => sender.publishAsync(`rc/${delivery}`, "receipt", { qos: 1 });
    expect(await heard(await open(), `rc/${delivery}`, receipt)).toEqual([`rc/${delivery}`]);
    expect(await heard(await open(), `rc/${hex()}`, receipt)).toEqual([]);
  });

  test("lets a recipient write to no inbox", async () => {
    const { inbox } = loginOf(reader);
    const writer = await openReader(other);
    const write = () => Promise.race([writer.publishAsync(`in/${inbox}/${hex()}`, "x", { qos: 1 }), closing(writer)]);
    expect(await heard(await openReader(reader), `in/${inbox}/+`, write)).toEqual([]);
  });

  test("keeps no retained message and no last will", async () => {
    const { inbox } = loginOf(reader);
    const topic = `in/${inbox}/${hex()}`;
    const retained = async () => {
      const client = await open();
      await Promise.race([client.publishAsync(topic, "x", { qos: 1, retain: true }), closing(client)]);
    };
    await retained().catch(() => {});
    expect(await heard(await openReader(reader), `in/${inbox}/+`, async () => {})).toEqual([]);
    const outside = `elsewhere/${hex()}`;
    const dying = await open({ will: { topic: outside, payload: Buffer.from("x"), qos: 0, retain: true } }).catch(
      () => null,
    );
    dying?.stream.destroy();
    expect(await heard(await openReader(reader), outside, async () => {})).toEqual([]);
  });

  test("ends a connection that sends more than a chunk takes, and goes on serving", async () => {
    const { inbox } = loginOf(reader);
    const tooMuch = async () => {
      const client = await open();
      await Promise.race([
        client.publishAsync(`in/${inbox}/${hex()}`, Buffer.alloc(300_000), { qos: 1 }),
        closing(client),
      ]);
    };
    const listener = await openReader(reader);
    expect(await heard(listener, `in/${inbox}/+`, tooMuch)).toEqual([]);
    const delivery = hex();
    expect(
      await heard(listener, `in/${inbox}/+`, () => send(`in/${inbox}/${delivery}`, Buffer.alloc(200_000))),
    ).toContain(`in/${inbox}/${delivery}`);
  });

  test("refuses a wrong password, and one inbox's password for another", async () => {
    const { inbox } = loginOf(reader);
    await expect(open({ username: inbox, password: "wrong" })).rejects.toThrow();
    await expect(open({ username: inbox, password: loginOf(other).password })).rejects.toThrow();
    await expect(open({ username: "+", password: loginOf(other).password })).rejects.toThrow();
  });
});

const closing = (client: MqttClient): Promise<never> =>
  new Promise((_, reject) => client.once("close", () => reject(new Error("closed"))));

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { MqttClient } from "mqtt";
import { dialOutsideBroker } from "../../src/device/link/outside-broker.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Secret } from "../../src/device/platform/secret.ts";
import { Publisher } from "../../src/device/publisher/publisher.ts";
import { inboxLogin, type RecipientSecrets, signCard } from "../../src/recipient/card.ts";
import { Inbox } from "../../src/recipient/inbox.ts";
import { verifyShare } from "../../src/recipient/verify-share.ts";
import { clearanceFor } from "../fakes/clearance.ts";
import { makeConsentWorld } from "../fakes/consent-world.ts";
import { inboxConnection, type Login, mqttClient } from "../fakes/inbox-connection.ts";
import { MemoryInbox } from "../fakes/memory-inbox.ts";
import { sealClip } from "../fakes/sealed-clip.ts";
import { tinyFragment, tinyInit, tinyLane } from "../fakes/tiny-mp4.ts";
import type { RunningBroker, Side } from "./engine.ts";

/** Longer than any of the brokers takes to pass a message on; that a message does not come can only be waited for. */
const SILENCE_MS = 400;
const ARRIVAL_MS = 10_000;
const DELIVERY_MS = 60_000;
const deviceSeed = new Uint8Array(32).fill(5);
const hex = (): string => randomBytes(16).toString("hex");

export interface DeliveryContext {
  readonly broker: RunningBroker;
  readonly reader: RecipientSecrets;
  readonly other: RecipientSecrets;
  /** Runs at the end of the case, whatever becomes of it. */
  readonly atEnd: (act: () => unknown) => void;
}

export interface DeliveryCase {
  /** What the broker does, as the rest of a sentence. */
  readonly name: string;
  /** @throws AssertionError when it does not. */
  readonly run: (context: DeliveryContext) => Promise<void>;
}

const loginOf = (secrets: RecipientSecrets) => inboxLogin(nodeCrypto, secrets);

async function open(context: DeliveryContext, url: string, login: Login = {}): Promise<MqttClient> {
  const client = await mqttClient(url, login);
  context.atEnd(() => client.endAsync(true));
  return client;
}

/** As a doorbell connects: without a name. */
const openAnybody = (context: DeliveryContext): Promise<MqttClient> => open(context, context.broker.doorbellUrl);

function openReader(context: DeliveryContext, secrets: RecipientSecrets, extra: Login = {}): Promise<MqttClient> {
  const { username, password } = loginOf(secrets);
  return open(context, context.broker.recipientUrl, { username, password, ...extra });
}

const closing = (client: MqttClient): Promise<never> =>
  new Promise((_, reject) => client.once("close", () => reject(new Error("closed"))));

/** Topics that a client hears while something is published. */
async function heard(client: MqttClient, filter: string, publish: () => Promise<unknown>): Promise<string[]> {
  const topics: string[] = [];
  client.on("message", (topic) => topics.push(topic));
  await client.subscribeAsync(filter, { qos: 1 }).catch(() => {});
  await publish().catch(() => {});
  await sleep(SILENCE_MS);
  return topics;
}

async function hears(client: MqttClient, filter: string, publish: () => Promise<unknown>, topic: string) {
  const topics = await heard(client, filter, publish);
  for (let waited = 0; waited < ARRIVAL_MS && !topics.includes(topic); waited += 50) await sleep(50);
  assert.deepEqual(topics, [topic]);
}

async function send(context: DeliveryContext, topic: string, payload: string | Buffer, retain = false): Promise<void> {
  const client = await openAnybody(context);
  await Promise.race([client.publishAsync(topic, payload, { qos: 1, retain }), closing(client)]);
}

/** A share is consented to and published; it settles with how the delivery ended. */
async function deliveryTo(context: DeliveryContext, secrets: RecipientSecrets, fragmentBytes: number) {
  const card = await signCard(nodeCrypto, { name: "R", url: context.broker.doorbellUrl, ca: null }, secrets);
  const video = Array.from({ length: 9 }, (_, i) => tinyFragment(i, nodeCrypto.randomBytes(fragmentBytes)));
  const content = { video: [tinyInit("video"), ...video], audio: tinyLane("audio", 9) };
  const clip = await sealClip(nodeCrypto, deviceSeed, content);
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
  context.atEnd(() => ending.abort());
  const end = publisher.publish(clearanceFor(nodeCrypto, submission), ending.signal);
  end.catch(() => {});
  return { card, end: Promise.race([end, sleep(DELIVERY_MS, "not within a minute" as const, { ref: false })]) };
}

/** The recipient's program; a broker that was killed is connected to again, as its reconnecting does. */
async function receive(
  context: DeliveryContext,
  secrets: RecipientSecrets,
  storage: MemoryInbox,
  onProgress: (next: number) => void = () => {},
): Promise<void> {
  const { broker, client } = await inboxConnection(context.broker.recipientUrl, secrets);
  context.atEnd(() => client.endAsync(true));
  const ports = {
    crypto: nodeCrypto,
    broker,
    storage,
    onError: () => {},
    onProgress: (_: string, next: number) => onProgress(next),
  };
  await new Inbox(secrets, ports).start();
}

function assertHolds(storage: MemoryInbox, card: Uint8Array, secrets: RecipientSecrets): void {
  assert.equal(storage.finished, 1);
  const [share] = storage.shares.values();
  assert.equal(verifyShare(nodeCrypto, share ?? new Uint8Array(), secrets, { card }).verdict, "ok");
}

const resumesAfter = (side: Side): DeliveryCase => ({
  name: `goes on with a share after the ${side}'s machine was killed in the middle of it`,
  run: async (context) => {
    const { broker, reader } = context;
    const storage = new MemoryInbox();
    const restarts: Promise<void>[] = [];
    const restart = async (): Promise<void> => {
      await broker.crash(side);
      await receive(context, reader, storage);
    };
    await receive(context, reader, storage, (next) => {
      if (next >= 8 && restarts.length === 0) restarts.push(restart());
    });
    const { card, end } = await deliveryTo(context, reader, 600_000);
    assert.equal(await end, "delivered");
    assert.equal(restarts.length, 1);
    await Promise.all(restarts);
    assertHolds(storage, card, reader);
  },
});

/** What a delivery broker has to do, whatever it is built from. */
export const deliveryCases: readonly DeliveryCase[] = [
  {
    name: "brings a share to the recipient's inbox",
    run: async (context) => {
      const storage = new MemoryInbox();
      await receive(context, context.reader, storage);
      const { card, end } = await deliveryTo(context, context.reader, 400_000);
      assert.equal(await end, "delivered");
      assertHolds(storage, card, context.reader);
    },
  },
  {
    name: "keeps the offer for a recipient that comes later",
    run: async (context) => {
      const { other, broker } = context;
      const first = await inboxConnection(broker.recipientUrl, other);
      await first.broker.subscribe(loginOf(other).topicFilter, () => {});
      await first.client.endAsync();
      const { card, end } = await deliveryTo(context, other, 400_000);
      await sleep(1_000);
      const storage = new MemoryInbox();
      await receive(context, other, storage);
      assert.equal(await end, "delivered");
      assertHolds(storage, card, other);
    },
  },
  resumesAfter("doorbell"),
  resumesAfter("recipient"),
  {
    name: "lets a recipient read its own inbox and no other",
    run: async (context) => {
      const { reader, other, broker } = context;
      const inbox = loginOf(reader).username;
      const topic = `in/${inbox}/${hex()}`;
      const toReader = () => send(context, topic, "x");
      await hears(await openReader(context, reader), `in/${inbox}/+`, toReader, topic);
      for (const filter of [`in/${inbox}/+`, "in/#", "#", "+/+/+"]) {
        assert.deepEqual(await heard(await openReader(context, other), filter, toReader), [], filter);
      }
      for (const url of new Set([broker.doorbellUrl, broker.recipientUrl])) {
        for (const filter of [`in/${inbox}/+`, topic]) {
          const anybody = await open(context, url).catch(() => null);
          if (anybody !== null) assert.deepEqual(await heard(anybody, filter, toReader), [], filter);
        }
      }
    },
  },
  {
    name: "passes a receipt to whoever knows its delivery",
    run: async (context) => {
      const topic = `rc/${hex()}`;
      const sender = await openReader(context, context.reader);
      const receipt = () => sender.publishAsync(topic, "receipt", { qos: 1 });
      await hears(await openAnybody(context), topic, receipt, topic);
      assert.deepEqual(await heard(await openAnybody(context), `rc/${hex()}`, receipt), []);
    },
  },
  {
    name: "passes no receipt to one who asks for all of them",
    run: async (context) => {
      const sender = await openReader(context, context.reader);
      for (const filter of ["rc/+", "rc/#"]) {
        const receipt = () => sender.publishAsync(`rc/${hex()}`, "receipt", { qos: 1 });
        assert.deepEqual(await heard(await openAnybody(context), filter, receipt), [], filter);
      }
    },
  },
  {
    name: "takes no receipt from one who has no inbox",
    run: async (context) => {
      const topic = `rc/${hex()}`;
      assert.deepEqual(await heard(await openAnybody(context), topic, () => send(context, topic, "x")), []);
    },
  },
  {
    name: "lets a recipient write to no inbox",
    run: async (context) => {
      const { username } = loginOf(context.reader);
      const writer = await openReader(context, context.other);
      const write = () =>
        Promise.race([writer.publishAsync(`in/${username}/${hex()}`, "x", { qos: 1 }), closing(writer)]);
      assert.deepEqual(await heard(await openReader(context, context.reader), `in/${username}/+`, write), []);
    },
  },
  {
    name: "keeps no retained message",
    run: async (context) => {
      const { username } = loginOf(context.reader);
      await send(context, `in/${username}/${hex()}`, "x", true).catch(() => {});
      assert.deepEqual(await heard(await openReader(context, context.reader), `in/${username}/+`, async () => {}), []);
    },
  },
  {
    name: "keeps no last will outside inboxes",
    run: async (context) => {
      const topic = `elsewhere/${hex()}`;
      const will = { topic, payload: Buffer.from("x"), qos: 0, retain: true } as const;
      const dying = await open(context, context.broker.doorbellUrl, { will }).catch(() => null);
      dying?.stream.destroy();
      assert.deepEqual(await heard(await openReader(context, context.reader), topic, async () => {}), []);
    },
  },
  {
    name: "ends a connection that sends more than a chunk takes, and goes on serving",
    run: async (context) => {
      const { username } = loginOf(context.reader);
      const filter = `in/${username}/+`;
      const tooMuch = () => send(context, `in/${username}/${hex()}`, Buffer.alloc(300_000));
      const listener = await openReader(context, context.reader);
      assert.deepEqual(await heard(listener, filter, tooMuch), []);
      const topic = `in/${username}/${hex()}`;
      await hears(listener, filter, () => send(context, topic, Buffer.alloc(200_000)), topic);
    },
  },
  {
    name: "refuses a wrong password, and one inbox's password for another",
    run: async (context) => {
      const { username } = loginOf(context.reader);
      const { password } = loginOf(context.other);
      const url = context.broker.recipientUrl;
      await assert.rejects(open(context, url, { username, password: "wrong" }));
      await assert.rejects(open(context, url, { username, password }));
    },
  },
  {
    name: "refuses a name that is no inbox",
    run: async (context) => {
      const { password } = loginOf(context.other);
      await assert.rejects(open(context, context.broker.recipientUrl, { username: "+", password }));
    },
  },
  {
    name: "lets nobody end another's session by its client id",
    run: async (context) => {
      const clientId = hex();
      const victim = await openReader(context, context.reader, { clientId });
      await openReader(context, context.other, { clientId });
      await sleep(SILENCE_MS);
      assert.equal(victim.connected, true);
    },
  },
];

/** Runs one case and what it left to be done at its end. @throws What the case threw. */
export async function runDeliveryCase({ run }: DeliveryCase, context: Omit<DeliveryContext, "atEnd">): Promise<void> {
  const endings: (() => unknown)[] = [];
  try {
    await run({ ...context, atEnd: (act) => void endings.push(act) });
  } finally {
    for (const end of endings.toReversed()) await Promise.resolve(end()).catch(() => {});
  }
}

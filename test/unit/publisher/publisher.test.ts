import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Clearance } from "../../../src/device/consent/clearance.ts";
import { type LogFields, silentLog } from "../../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { Secret } from "../../../src/device/platform/secret.ts";
import { Publisher } from "../../../src/device/publisher/publisher.ts";
import { concatBytes, toHex } from "../../../src/protocol/bytes.ts";
import { CHUNK_WINDOW, chunkCount } from "../../../src/protocol/delivery.ts";
import { seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import { receiptStatement } from "../../../src/protocol/statements/receipt.ts";
import { recipientSigner } from "../../../src/recipient/card.ts";
import { Inbox } from "../../../src/recipient/inbox.ts";
import { verifyShare } from "../../../src/recipient/verify-share.ts";
import { clearanceFor } from "../../fakes/clearance.ts";
import { type ConsentWorld, makeConsentWorld } from "../../fakes/consent-world.ts";
import { MemoryBroker } from "../../fakes/memory-broker.ts";
import { MemoryInbox } from "../../fakes/memory-inbox.ts";
import { sealClip } from "../../fakes/sealed-clip.ts";
import { tinyFragment, tinyInit, tinyLane } from "../../fakes/tiny-mp4.ts";

const FRAGMENT_BYTES = 300_000;
/** Five of these fragments are shared: a dozen chunks, more than one window. */
const bigContent = () => ({
  video: [
    tinyInit("video"),
    ...Array.from({ length: 9 }, (_, i) => tinyFragment(i, nodeCrypto.randomBytes(FRAGMENT_BYTES))),
  ],
  audio: tinyLane("audio", 9),
});

interface DeliveryWorld extends ConsentWorld {
  readonly broker: MemoryBroker;
  readonly storage: MemoryInbox;
  readonly delivery: Uint8Array;
  readonly done: Uint8Array[];
  objection: "revoked" | "void" | null;
  readonly clearance: Clearance;
  readonly publisher: Publisher;
  /** Begins to deliver; the result once it has ended. */
  publish(): { readonly result: Promise<string>; readonly abort: () => void };
  startRecipient(): Promise<{ readonly inbox: Inbox; readonly leave: () => void }>;
  /** Turns of the event loop and of the clock until `until` holds. */
  settle(until: () => boolean, stepMs?: number): Promise<void>;
}

async function makeDeliveryWorld(): Promise<DeliveryWorld> {
  const deviceClip = await sealClip(nodeCrypto, new Uint8Array(32).fill(3), bigContent());
  const base = await makeConsentWorld(nodeCrypto, { clip: deviceClip });
  const broker = new MemoryBroker();
  const storage = new MemoryInbox();
  const delivery = nodeCrypto.randomBytes(16);
  const done: Uint8Array[] = [];
  const submission = await base.submission(nodeCrypto.randomBytes(16));
  const publisher = new Publisher({
    crypto: nodeCrypto,
    clock: base.clock,
    log: silentLog,
    vault: base.shelf,
    dial: broker.dial,
    deviceSeed: new Secret(new Uint8Array(32).fill(3)),
    outbox: { deliveryOf: () => delivery, end: (token) => done.push(token) > 0 },
  });
  const world: DeliveryWorld = Object.assign(base, {
    broker,
    storage,
    delivery,
    done,
    objection: null,
    clearance: clearanceFor(nodeCrypto, submission, () => world.objection),
    publisher,
    publish() {
      const ending = new AbortController();
      const result = publisher.publish(world.clearance, ending.signal).catch(() => "aborted");
      onTestFinished(() => ending.abort());
      return { result, abort: () => ending.abort() };
    },
    async startRecipient() {
      const connection = broker.recipient();
      const inbox = new Inbox(base.secrets, { crypto: nodeCrypto, broker: connection, storage });
      await inbox.start();
      return { inbox, leave: connection.leave };
    },
    async settle(until: () => boolean, stepMs = 1_000) {
      for (let turn = 0; turn < 3_000; turn += 1) {
        if (until()) return;
        await new Promise((resolve) => setImmediate(resolve));
        if (turn % 20 === 19) await base.clock.advance(stepMs);
      }
      throw new Error("never settled");
    },
  });
  return world;
}

const onlyShare = ({ storage }: DeliveryWorld): Uint8Array => {
  expect([storage.shares.size, storage.finished]).toEqual([1, 1]);
  return [...storage.shares.values()][0] ?? new Uint8Array();
};

describe("a delivery", () => {
  test("arrives whole, verifies, and is done only after the recipient's complete receipt", async () => {
    const world = await makeDeliveryWorld();
    await world.startRecipient();
    const { result } = world.publish();
    await world.settle(() => world.done.length > 0);
    expect(await result).toBe("delivered");
    const verdict = verifyShare(nodeCrypto, onlyShare(world), world.secrets, { card: world.card });
    expect(verdict.text).toBe("ok: fragments 4-8 of 9, sound withheld, clock synced");
  });

  test("is the same archive that an owner carries away in parts, byte for byte", async () => {
    const world = await makeDeliveryWorld();
    await world.startRecipient();
    world.publish();
    await world.settle(() => world.done.length > 0);
    const pieces: Uint8Array[] = [];
    const share = onlyShare(world);
    for (let at = 0; at < share.length; at += 500_000) {
      const part = await world.publisher.readShare(world.clearance, at, at + 500_000);
      expect(part?.length).toBe(share.length);
      if (part !== null) pieces.push(part.bytes);
    }
    const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
    expect(digest(concatBytes(...pieces))).toBe(digest(share));
  });

  test("that may no longer leave cannot be carried away either", async () => {
    const world = await makeDeliveryWorld();
    expect(await world.publisher.readShare(world.clearance, 0, 1)).toMatchObject({ bytes: { length: 1 } });
    world.objection = "revoked";
    expect(await world.publisher.readShare(world.clearance, 0, 1)).toBeNull();
  });

  test("sends nothing of the share before the recipient has answered, and never more than a window", async () => {
    const world = await makeDeliveryWorld();
    const { result, abort } = world.publish();
    await world.settle(() => world.broker.log.length >= 3);
    const largest = Math.max(...world.broker.log.map(({ payload }) => payload.length));
    expect(largest).toBeLessThan(200);
    const connection = await world.startRecipient();
    connection.leave();
    const receipt = await receiptOf(world, { next: 0 });
    world.broker.inject(`rc/${toHex(world.delivery)}`, receipt);
    await world.settle(() => world.broker.log.some(({ payload }) => payload.length > 1000));
    await world.settle(() => world.broker.log.at(-1)?.payload.length === 97);
    expect(world.broker.log.filter(({ payload }) => payload.length > 1000)).toHaveLength(CHUNK_WINDOW);
    abort();
    await result;
  });

  test.each(["device's connection", "recipient", "device"])(
    "goes on after a crash of the %s at any message",
    async (who) => {
      const reference = await makeDeliveryWorld();
      await reference.startRecipient();
      reference.publish();
      await reference.settle(() => reference.done.length > 0);
      const messages = reference.broker.log.length;
      expect(messages).toBeGreaterThan(chunkCount(5 * FRAGMENT_BYTES));

      for (let crashAt = 1; crashAt <= messages; crashAt += who === "device's connection" ? 1 : 3) {
        const world = await makeDeliveryWorld();
        let recipient = await world.startRecipient();
        let delivery = world.publish();
        let hasCrashed = false;
        world.broker.onMessage = (_topic, count) => {
          if (count !== crashAt) return "pass";
          hasCrashed = true;
          if (who === "recipient") recipient.leave();
          return who === "device's connection" ? "cut" : "drop";
        };
        await world.settle(() => hasCrashed);
        if (who === "recipient") recipient = await world.startRecipient();
        if (who === "device") {
          delivery.abort();
          await delivery.result;
          delivery = world.publish();
        }
        await world.settle(() => world.done.length > 0, 30_000);
        expect(await delivery.result).toBe("delivered");
        expect(verifyShare(nodeCrypto, onlyShare(world), world.secrets).verdict).toBe("ok");
      }
    },
  );

  test("survives lost messages on a broker that drops every fifth", async () => {
    const world = await makeDeliveryWorld();
    world.broker.onMessage = (_topic, count) => (count % 5 === 0 ? "drop" : "pass");
    await world.startRecipient();
    world.publish();
    await world.settle(() => world.done.length > 0, 30_000);
    expect(verifyShare(nodeCrypto, onlyShare(world), world.secrets).verdict).toBe("ok");
  });

  test.each(["revoked", "void"] as const)(
    "stops before the next window when it is %s, and is not done",
    async (objection) => {
      const world = await makeDeliveryWorld();
      await world.startRecipient();
      world.broker.onMessage = (_topic, count) => {
        if (count === 4) world.objection = objection;
        return "pass";
      };
      const { result } = world.publish();
      let ended: string | null = null;
      void result.then((end) => {
        ended = end;
      });
      await world.settle(() => ended !== null);
      expect([ended, world.done.length, world.storage.shares.size]).toEqual([objection, 0, 0]);
      expect(world.broker.log.length).toBeLessThan(2 + CHUNK_WINDOW + 4);
    },
  );

  test("ends as void when the clip is gone", async () => {
    const world = await makeDeliveryWorld();
    world.shelf.erase(world.clip.id);
    expect(await world.publish().result).toBe("void");
  });

  test("that its recipient asks for again and again goes out a few times at once, then a window each ten minutes", async () => {
    const world = await makeDeliveryWorld();
    const again = await receiptOf(world, { next: 0 });
    world.broker.onMessage = (topic) => {
      if (topic.startsWith("in/")) queueMicrotask(() => world.broker.inject(`rc/${toHex(world.delivery)}`, again));
      return "pass";
    };
    const { result, abort } = world.publish();
    const startMs = world.clock.monotonicMs();
    await world.settle(() => world.clock.monotonicMs() - startMs > 60 * 60_000, 60_000);
    abort();
    await result;
    const archive = await world.publisher.readShare(world.clearance, 0, 1);
    const wholeShares = world.broker.log.length / chunkCount(archive?.length ?? 0);
    expect(wholeShares).toBeGreaterThan(4);
    expect(wholeShares).toBeLessThan(16);
  });

  test.each([
    ["signed by a stranger", { stranger: true }],
    ["of another share", { share: new Uint8Array(32) }],
    ["of another delivery", { delivery: new Uint8Array(16) }],
    ["complete, with chunks missing", { next: 1 }],
  ])("is not done by a receipt %s; the control: the true one ends it", async (_what, changes) => {
    const world = await makeDeliveryWorld();
    const { result, abort } = world.publish();
    await world.settle(() => world.broker.log.length > 0);
    world.broker.inject(`rc/${toHex(world.delivery)}`, await receiptOf(world, { complete: true, ...changes }));
    await world.settle(() => world.broker.log.length > 2);
    expect(world.done).toHaveLength(0);
    world.broker.inject(`rc/${toHex(world.delivery)}`, await receiptOf(world, { complete: true }));
    await world.settle(() => world.done.length > 0);
    abort();
    expect(await result).toBe("delivered");
  });
});

interface ReceiptChanges {
  readonly next?: number;
  readonly complete?: boolean;
  readonly share?: Uint8Array;
  readonly delivery?: Uint8Array;
  readonly stranger?: boolean;
}

async function receiptOf(world: DeliveryWorld, { stranger = false, ...changes }: ReceiptChanges): Promise<Uint8Array> {
  const archive = await world.publisher.readShare(world.clearance, 0, Number.POSITIVE_INFINITY);
  if (archive === null) throw new Error("the clearance does not hold");
  const chunks = chunkCount(archive.length);
  const share = Uint8Array.from(createHash("sha256").update(archive.bytes).digest());
  const receipt = { delivery: world.delivery, share, next: chunks, chunks, complete: false, ...changes };
  const signer = stranger
    ? seedSigner(nodeCrypto, nodeCrypto.randomBytes(32))
    : recipientSigner(nodeCrypto, world.secrets);
  return signStatement(nodeCrypto, receiptStatement, receipt, signer);
}

test("the log says why a delivery is interrupted, and never where the recipient is", async () => {
  const world = await makeConsentWorld(nodeCrypto);
  const lines: string[] = [];
  const ending = new AbortController();
  const note = (event: string, fields?: LogFields): void => {
    lines.push(JSON.stringify({ event, ...fields }));
    ending.abort();
  };
  const publisher = new Publisher({
    crypto: nodeCrypto,
    clock: world.clock,
    log: { info: note, warn: note },
    vault: world.shelf,
    dial: () => Promise.reject(Object.assign(new Error("getaddrinfo ENOTFOUND police.example"), { code: "ENOTFOUND" })),
    deviceSeed: new Secret(world.deviceSeed),
    outbox: { deliveryOf: () => nodeCrypto.randomBytes(16), end: () => true },
  });
  const clearance = clearanceFor(nodeCrypto, await world.submission(nodeCrypto.randomBytes(16)), () => null);
  await publisher.publish(clearance, ending.signal).catch(() => {});
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"cause":"ENOTFOUND"');
  expect(lines[0]).not.toContain("police.example");
});

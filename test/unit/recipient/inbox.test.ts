import { describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { toHex } from "../../../src/protocol/bytes.ts";
import { CHUNK_BYTES, inboxTopic, type OfferedShare, sealChunk, sealOffer } from "../../../src/protocol/delivery.ts";
import { readStatement } from "../../../src/protocol/envelope.ts";
import { type Receipt, receiptStatement } from "../../../src/protocol/statements/receipt.ts";
import { checkCard, createCard } from "../../../src/recipient/card.ts";
import { Inbox } from "../../../src/recipient/inbox.ts";
import { MemoryInbox } from "../../fakes/memory-inbox.ts";

async function makeInbox() {
  const { card, secrets } = await createCard(nodeCrypto, { name: "R", url: "mqtt://x:1", ca: null });
  const { boxKey, inbox: address } = checkCard(nodeCrypto, card).card;
  const storage = new MemoryInbox();
  const receipts: Receipt[] = [];
  const whole: string[] = [];
  let deliver: (topic: string, payload: Uint8Array) => void = () => {};
  const start = async (): Promise<Inbox> => {
    const inbox = new Inbox(
      secrets,
      {
        crypto: nodeCrypto,
        storage,
        broker: {
          subscribe: async (_filter, onMessage) => {
            deliver = onMessage;
          },
          publish: async (_topic, payload) =>
            void receipts.push(readStatement(nodeCrypto, receiptStatement, payload).payload),
        },
        onShare: (delivery) => whole.push(delivery),
      },
      { maxShareBytes: 20 * CHUNK_BYTES },
    );
    await inbox.start();
    return inbox;
  };
  let inbox = await start();
  const delivery = nodeCrypto.randomBytes(16);
  const bytes = nodeCrypto.randomBytes(5 * CHUNK_BYTES + 100);
  const share: OfferedShare = { length: bytes.length, digest: nodeCrypto.sha256(bytes) };
  const topic = inboxTopic(address.id, delivery);
  const send = async (payload: Uint8Array, to = topic): Promise<void> => {
    deliver(to, payload);
    await inbox.idle();
  };
  return {
    storage,
    receipts,
    whole,
    delivery,
    address,
    boxKey,
    share,
    bytes,
    send,
    offer: (offered = share, to = topic) => send(sealOffer(nodeCrypto, boxKey, offered), to),
    chunk: (index: number, of = share, from = bytes) =>
      send(sealChunk(nodeCrypto, boxKey, of, index, from.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES))),
    flood: (messages: readonly Uint8Array[]) => {
      for (const message of messages) deliver(topic, message);
      return inbox.idle();
    },
    restart: async () => {
      inbox = await start();
    },
    last: () => receipts.at(-1),
  };
}

describe("an inbox", () => {
  test("takes a share chunk by chunk: a receipt for the offer, each fourth chunk, and the end", async () => {
    const world = await makeInbox();
    await world.offer();
    for (let i = 0; i < 6; i += 1) await world.chunk(i);
    expect(world.receipts.map(({ next, complete }) => [next, complete])).toEqual([
      [0, false],
      [4, false],
      [6, true],
    ]);
    expect(world.storage.shares.get(toHex(world.delivery))).toEqual(world.bytes);
    expect(world.whole).toEqual([toHex(world.delivery)]);
  });

  test("takes a delivery once: later offers and chunks get the same receipt and change nothing", async () => {
    const world = await makeInbox();
    for (let i = 0; i < 6; i += 1) await world.chunk(i);
    const receipt = world.last();
    await world.restart();
    await world.offer();
    expect(world.last()).toEqual(receipt);
    await world.offer({ length: 10, digest: new Uint8Array(32) });
    expect(world.last()).toEqual(receipt);
    expect([world.storage.finished, world.whole.length]).toEqual([1, 1]);
  });

  test("goes on after a restart from what it holds", async () => {
    const world = await makeInbox();
    await world.offer();
    for (let i = 0; i < 3; i += 1) await world.chunk(i);
    await world.restart();
    await world.offer();
    expect(world.last()).toMatchObject({ next: 3, complete: false });
    for (let i = 3; i < 6; i += 1) await world.chunk(i);
    expect(world.last()).toMatchObject({ complete: true });
  });

  test("was stopped between the last chunk and its receipt: the next offer completes it", async () => {
    const world = await makeInbox();
    world.storage.parts.set(toHex(world.delivery), world.bytes);
    await world.offer();
    expect(world.last()).toMatchObject({ next: 6, complete: true });
  });

  test("tells of a gap once, and ignores chunks it has", async () => {
    const world = await makeInbox();
    await world.offer();
    await world.chunk(0);
    await world.chunk(3);
    await world.chunk(4);
    await world.chunk(0);
    expect(world.receipts.map(({ next }) => next)).toEqual([0, 1]);
  });

  test("throws away bytes that do not have the promised digest, and gives up on a sender who keeps sending them", async () => {
    const world = await makeInbox();
    const lie: OfferedShare = { ...world.share, digest: new Uint8Array(32) };
    for (let round = 0; round < 5; round += 1) for (let i = 0; i < 6; i += 1) await world.chunk(i, lie);
    expect(world.receipts.some(({ complete }) => complete)).toBe(false);
    expect(world.receipts.filter(({ next }) => next === 0)).toHaveLength(3);
    expect([world.storage.shares.size, world.storage.parts.size]).toEqual([0, 0]);
  });

  test("drops what is not for it, not sealed to it, too large, or no message at all, without an answer", async () => {
    const world = await makeInbox();
    const { publicKey } = nodeCrypto.boxKeyFromSecret(nodeCrypto.randomBytes(32));
    await world.send(sealOffer(nodeCrypto, publicKey, world.share));
    await world.send(new Uint8Array(10));
    await world.send(new Uint8Array(300_000));
    await world.offer({ length: 21 * CHUNK_BYTES, digest: world.share.digest });
    await world.offer({ length: 0, digest: world.share.digest });
    await world.offer(world.share, inboxTopic(new Uint8Array(16), world.delivery));
    await world.offer(world.share, `in/${toHex(world.address.id)}/../../etc`);
    expect([world.receipts, world.storage.parts.size]).toEqual([[], 0]);
    await world.offer();
    expect(world.receipts).toHaveLength(1);
  });

  test("holds a flood of messages to its bound, and of deliveries too", async () => {
    const world = await makeInbox();
    const chunk = sealChunk(nodeCrypto, world.boxKey, world.share, 0, world.bytes.subarray(0, CHUNK_BYTES));
    await world.flood(Array.from({ length: 500 }, () => chunk));
    expect(world.storage.parts.size).toBe(1);
    for (let i = 0; i < 20; i += 1) {
      const topic = inboxTopic(world.address.id, nodeCrypto.randomBytes(16));
      await world.send(chunk, topic);
    }
    expect(world.storage.parts.size).toBeLessThanOrEqual(8);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, u32, u64, utf8 } from "../../../src/protocol/bytes.ts";
import {
  BlockCounter,
  CHANNEL_BLOCK_BYTES,
  CHANNEL_OVERHEAD_BYTES,
  ChannelReceiver,
  COUNTER_BLOCK,
  MAX_CHANNEL_BODY_BYTES,
  MAX_CHANNEL_MESSAGE_BYTES,
  openMessage,
  sealMessage,
} from "../../../src/protocol/channel.ts";
import { cryptoPorts } from "./crypto-ports.ts";
import { tries } from "./effort.ts";

const fails = (code: string) => expect.objectContaining({ code: `channel/${code}` });

const plainOf = (counter: Uint8Array, length: number, size = CHANNEL_BLOCK_BYTES, last = 0): Uint8Array => {
  const plain = new Uint8Array(size);
  plain.set(concatBytes(counter, u32(length)));
  if (last > 0) plain[size - 1] = last;
  return plain;
};

describe.each(cryptoPorts)("the link channel with %s cryptography", (_, crypto) => {
  const key = crypto.sha256(utf8("pair key"));
  const seal = (counter: number, body: string): Uint8Array => sealMessage(crypto, key, counter, utf8(body));

  test("gives back what was sealed, and shows nothing but the number of 4 KiB blocks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9_000 }), fc.maxSafeInteger().map(Math.abs), (body, counter) => {
        const message = sealMessage(crypto, key, counter, body);
        expect((message.length - CHANNEL_OVERHEAD_BYTES) % CHANNEL_BLOCK_BYTES).toBe(0);
        expect(openMessage(crypto, key, message)).toEqual({ counter, body });
      }),
      tries(20),
    );
    expect(seal(1, "no")).toHaveLength(seal(1, "yes".repeat(1_000)).length);
  });

  test("takes a body of the largest size and seals none beyond", () => {
    const largest = sealMessage(crypto, key, 0, new Uint8Array(MAX_CHANNEL_BODY_BYTES));
    expect(largest).toHaveLength(MAX_CHANNEL_MESSAGE_BYTES);
    expect(openMessage(crypto, key, largest).body).toHaveLength(MAX_CHANNEL_BODY_BYTES);
    expect(() => sealMessage(crypto, key, 0, new Uint8Array(MAX_CHANNEL_BODY_BYTES + 1))).toThrow(RangeError);
  });

  test("takes only rising counters", () => {
    const receiver = new ChannelReceiver(crypto, key, -1);
    const [zero, five, four] = [seal(0, "a"), seal(5, "b"), seal(4, "c")];
    expect(receiver.receive(zero)).toEqual(utf8("a"));
    expect(() => receiver.receive(zero)).toThrow(fails("replay"));
    expect(receiver.receive(five)).toEqual(utf8("b"));
    expect(() => receiver.receive(four)).toThrow(fails("replay"));
    expect(receiver.accepted).toBe(5);
    expect(() => new ChannelReceiver(crypto, key, 5).receive(five), "after a restart").toThrow(fails("replay"));
  });

  test("a message that is not the pair's moves no counter", () => {
    const receiver = new ChannelReceiver(crypto, key, -1);
    const strangers = sealMessage(crypto, crypto.sha256(utf8("other")), 1_000, utf8("x"));
    expect(() => receiver.receive(strangers)).toThrow(fails("open"));
    expect(receiver.accepted).toBe(-1);
  });

  const rawMessage = (plain: Uint8Array): Uint8Array => {
    const nonce = crypto.randomBytes(24);
    return concatBytes(nonce, crypto.secretbox(plain, nonce, key));
  };
  test.each([
    ["nothing", "size", () => new Uint8Array(0)],
    ["no block", "size", () => rawMessage(new Uint8Array(0))],
    ["half a block", "size", () => rawMessage(new Uint8Array(2_048))],
    ["too many blocks", "size", () => new Uint8Array(MAX_CHANNEL_MESSAGE_BYTES + CHANNEL_BLOCK_BYTES)],
    ["a changed byte", "open", () => seal(1, "a").with(100, 7)],
    ["a length beyond its blocks", "padding", () => rawMessage(plainOf(u64(1), 5_000))],
    ["a length that is absurd", "padding", () => rawMessage(plainOf(u64(1), 0xffff_ffff))],
    ["a block too many", "padding", () => rawMessage(plainOf(u64(1), 10, 2 * CHANNEL_BLOCK_BYTES))],
    ["padding that is not zero", "padding", () => rawMessage(plainOf(u64(1), 10, CHANNEL_BLOCK_BYTES, 1))],
    ["a counter of 2^64-1", "padding", () => rawMessage(plainOf(new Uint8Array(8).fill(255), 10))],
  ])("a message with %s is refused by name", (_name, code, make) => {
    expect(() => openMessage(crypto, key, make())).toThrow(fails(code));
  });
});

describe("a counter reserved in blocks", () => {
  test("gives each number once and writes the disk once a block", async () => {
    const written: number[] = [];
    const counter = new BlockCounter(0, async (upTo) => void written.push(upTo));
    const given = await Promise.all(Array.from({ length: 2 * COUNTER_BLOCK }, () => counter.reserve()));
    expect(new Set(given).size).toBe(2 * COUNTER_BLOCK);
    expect(written).toEqual([COUNTER_BLOCK, 2 * COUNTER_BLOCK]);
  });

  test("goes on behind what was reserved when the power went", async () => {
    let disk = 0;
    const persist = async (upTo: number): Promise<void> => {
      disk = upTo;
    };
    const before = new BlockCounter(disk, persist);
    const used = [await before.reserve(), await before.reserve()];
    const after = await new BlockCounter(disk, persist).reserve();
    expect(after).toBeGreaterThan(Math.max(...used));
  });

  test("that is abandoned begins the next block, however many of it were given", async () => {
    const next = async (messages: number): Promise<number> => {
      const counter = new BlockCounter(0, async () => {});
      for (let i = 0; i < messages; i += 1) await counter.reserve();
      counter.abandonBlock();
      return counter.reserve();
    };
    expect([await next(1), await next(7)]).toEqual([COUNTER_BLOCK, COUNTER_BLOCK]);
  });

  test("gives no number that the disk does not know", async () => {
    let disk = 0;
    let isFull = true;
    const counter = new BlockCounter(0, async (upTo) => {
      if (isFull) throw new Error("disk full");
      disk = upTo;
    });
    await expect(counter.reserve()).rejects.toThrow("disk full");
    isFull = false;
    expect(await counter.reserve()).toBeLessThan(disk);
  });
});

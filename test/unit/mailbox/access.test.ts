import { describe, expect, test } from "vitest";
import {
  MAX_MESSAGE_BYTES,
  mayPublish,
  mayReceive,
  maySubscribe,
  type Visitor,
  visitorOf,
} from "../../../src/mailbox/access.ts";
import { PacketSizes } from "../../../src/mailbox/packet-size.ts";
import { WaitingMessages } from "../../../src/mailbox/waiting-messages.ts";
import { toBase64url, toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { inboxId } from "../../../src/protocol/delivery.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";

const secret = new Uint8Array(32).fill(9);
const inbox = toHex(inboxId(portableCrypto, secret));
const other = "0".repeat(32);
const delivery = "1".repeat(32);
const reader: Visitor = { kind: "reader", inbox };
const anybody: Visitor = { kind: "anybody" };

describe("a login", () => {
  test.each([
    ["the inbox's secret", inbox, toBase64url(secret), reader],
    ["no name and no password", undefined, undefined, anybody],
    ["another inbox's name", other, toBase64url(secret), null],
    ["a name alone", inbox, undefined, null],
    ["a password alone", undefined, toBase64url(secret), null],
    ["a short secret", inbox, toBase64url(secret.subarray(1)), null],
    ["no base64url", inbox, "§".repeat(43), null],
    ["an empty name", "", "", null],
  ])("with %s", (_what, username, password, expected) => {
    expect(visitorOf(username, password === undefined ? undefined : utf8(password))).toEqual(expected);
  });
});

describe("rights", () => {
  const filters = [`in/${inbox}/+`, `in/${other}/+`, `in/${inbox}/#`, `in/${inbox}/${delivery}`, `rc/${delivery}`];
  const wild = [
    "#",
    "+/#",
    "in/#",
    "in/+/+",
    "rc/+",
    "rc/#",
    "$SYS/#",
    "",
    `rc/${delivery}/x`,
    `rc/${delivery.toUpperCase()}x`,
  ];

  test("a reader may subscribe to its own inbox, whole, and to nothing else", () => {
    expect([...filters, ...wild].filter((filter) => maySubscribe(reader, filter))).toEqual([`in/${inbox}/+`]);
  });
  test("anybody may subscribe to the receipts of one delivery", () => {
    expect([...filters, ...wild].filter((filter) => maySubscribe(anybody, filter))).toEqual([`rc/${delivery}`]);
  });
  test("a reader writes receipts, anybody writes to inboxes, up to their size", () => {
    const topics = [`in/${inbox}/${delivery}`, `in/${other}/${delivery}`, `rc/${delivery}`, `in/${inbox}`, "rc/x", "x"];
    expect(topics.filter((topic) => mayPublish(reader, topic, 10))).toEqual([`rc/${delivery}`]);
    expect(topics.filter((topic) => mayPublish(anybody, topic, MAX_MESSAGE_BYTES))).toEqual(topics.slice(0, 2));
    expect(topics.filter((topic) => mayPublish(anybody, topic, MAX_MESSAGE_BYTES + 1))).toEqual([]);
  });
  test("what a kept session holds is checked again when it goes out", () => {
    expect(mayReceive(reader, `in/${inbox}/${delivery}`)).toBe(true);
    expect(mayReceive(reader, `in/${other}/${delivery}`)).toBe(false);
    expect(mayReceive(anybody, `in/${inbox}/${delivery}`)).toBe(false);
  });
});

describe("packet sizes", () => {
  /** A PUBLISH of so many body bytes: type, length in base 128, body. */
  const packet = (bytes: number): Uint8Array => {
    const head = [0x30];
    let left = bytes;
    do {
      head.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
      left >>= 7;
    } while (left > 0);
    return Uint8Array.of(...head, ...new Uint8Array(bytes));
  };
  const bytewise = (sizes: PacketSizes, bytes: Uint8Array): boolean =>
    [...bytes].every((byte) => sizes.accept(Uint8Array.of(byte)));

  test.each([0, 1, 127, 128, 16_383, 16_384, 20_000])(
    "a packet of %i bytes passes a limit it just meets, not one below",
    (bytes) => {
      expect(new PacketSizes(bytes).accept(packet(bytes))).toBe(true);
      expect(bytewise(new PacketSizes(bytes), packet(bytes))).toBe(true);
      if (bytes > 0) expect(new PacketSizes(bytes - 1).accept(packet(bytes))).toBe(false);
    },
  );
  test("packets behind one another are each measured", () => {
    const sizes = new PacketSizes(100);
    expect(sizes.accept(Uint8Array.of(...packet(100), ...packet(3), ...packet(100)))).toBe(true);
    expect(sizes.accept(Uint8Array.of(...packet(3), ...packet(101)))).toBe(false);
  });
  test("a length that never ends is refused", () => {
    expect(new PacketSizes(2 ** 28).accept(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x80))).toBe(false);
  });
});

test("waiting messages are bounded per inbox and make room as they are read", () => {
  const waiting = new WaitingMessages();
  for (let i = 0; i < 64; i += 1) expect(waiting.add(inbox, 10, "a")).toBe(true);
  expect([waiting.add(inbox, 10, "a"), waiting.add(other, 10, "a")]).toEqual([false, true]);
  waiting.take(inbox);
  expect([waiting.add(inbox, 10, "a"), waiting.add(inbox, 10, "a")]).toEqual([true, false]);
  waiting.clear(inbox);
  const [megabyte, senders] = [1024 * 1024, Array.from({ length: 16 }, (_, i) => `sender ${i}`)];
  for (const sender of senders.slice(1)) expect(waiting.add(inbox, 8 * megabyte, sender)).toBe(true);
  expect(waiting.add(inbox, 8 * megabyte, "sender 0")).toBe(false);
  waiting.clear(other);
  expect(waiting.add(inbox, 8 * megabyte, "sender 0")).toBe(true);
});

test("one sender cannot take the room of all, whatever inboxes it writes to", () => {
  const waiting = new WaitingMessages();
  const megabyte = 1024 * 1024;
  const kept = Array.from({ length: 20 }, (_, i) => waiting.add(`inbox ${i}`, megabyte, "stranger"));
  expect(kept.filter(Boolean)).toHaveLength(8);
  expect(waiting.add(inbox, megabyte, "doorbell")).toBe(true);
  waiting.take("inbox 0");
  expect([waiting.add(inbox, megabyte, "stranger"), waiting.add(inbox, 1, "stranger")]).toEqual([true, false]);
});

import { describe, expect, test } from "vitest";
import { packetize } from "../../../src/device/live/h264-packets.ts";

const MOST = 100;
const SPS = 0x67;
const PPS = 0x68;
const KEY = 0x65;

/** A unit of this type and length, its bytes all different from a start code's. */
function unit(header: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => (i === 0 ? header : (i % 200) + 2)));
}

const annexB = (units: readonly Buffer[]): Buffer =>
  Buffer.concat(units.flatMap((each, i) => [i === 0 ? Buffer.of(0, 0, 0, 1) : Buffer.of(0, 0, 1), each]));

/** What a receiver makes of the payloads (RFC 6184, 5.6 to 5.8). */
function depacketize(payloads: readonly Buffer[]): Buffer[] {
  const units: Buffer[] = [];
  let parts: Buffer[] = [];
  for (const payload of payloads) {
    const type = payload.readUInt8(0) & 0x1f;
    if (type === 24) {
      for (let at = 1; at < payload.length; ) {
        const size = payload.readUInt16BE(at);
        units.push(payload.subarray(at + 2, at + 2 + size));
        at += 2 + size;
      }
    } else if (type === 28) {
      const edge = payload.readUInt8(1);
      if ((edge & 0x80) !== 0) parts = [Buffer.of((payload.readUInt8(0) & 0xe0) | (edge & 0x1f))];
      parts.push(payload.subarray(2));
      if ((edge & 0x40) !== 0) units.push(Buffer.concat(parts));
    } else units.push(payload);
  }
  return units;
}

describe("a picture", () => {
  test.each([
    ["of one small unit", [unit(KEY, 50)]],
    ["of one unit as large as a payload", [unit(KEY, MOST)]],
    ["of one unit a byte larger", [unit(KEY, MOST + 1)]],
    ["with parameter sets", [unit(SPS, 20), unit(PPS, 6), unit(KEY, 1234)]],
    ["of many slices", Array.from({ length: 30 }, (_, i) => unit(0x41, 10 + 7 * i))],
  ])("%s comes out as it went in, in payloads that fit", (_, units) => {
    const payloads = packetize(annexB(units), MOST);
    expect(depacketize(payloads)).toEqual(units);
    expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThanOrEqual(MOST);
  });

  test("has its small units side by side in one payload", () => {
    expect(packetize(annexB([unit(SPS, 20), unit(PPS, 6), unit(KEY, 40)]), MOST)).toHaveLength(1);
  });

  test("keeps how important its units are for who has to drop some", () => {
    const [first, second] = packetize(annexB([unit(0x06, 9), unit(SPS, 9), unit(0x21, 300)]), MOST);
    expect([first?.[0], second?.[0]]).toEqual([0x60 | 24, 0x20 | 28]);
  });

  test("loses delimiters, filler and zeros at the end", () => {
    const padded = Buffer.concat([annexB([unit(0x09, 2), unit(KEY, 30), unit(0x0c, 500)]), Buffer.alloc(8)]);
    expect(packetize(padded, MOST)).toEqual([unit(KEY, 30)]);
  });
});

test("what is no picture gives no payload", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(50), unit(KEY, 50), Buffer.of(0, 0, 1)]) {
    expect(packetize(bytes, MOST)).toEqual([]);
  }
});

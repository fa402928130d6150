import { expect, test } from "vitest";
import { TsJoiner } from "../../../src/device/recorder/ts-joiner.ts";

const PACKET = 188;

function packet(pid: number, begin: boolean, rest: readonly number[], adaptation: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(PACKET).fill(0xff);
  const control = adaptation.length > 0 ? 0x30 : 0x10;
  bytes.set([0x47, (begin ? 0x40 : 0) | (pid >> 8), pid & 0xff, control, ...adaptation, ...rest]);
  return bytes;
}

const pat = packet(0, true, [0]);
const pmt = packet(0x1000, true, [0]);
const more = packet(0x100, false, [9, 9, 9]);

function picture(time: number, isKey: boolean, streamId = 0xe0): Uint8Array {
  const stamp = [
    0x21 | (Math.floor(time / 2 ** 30) << 1),
    Math.floor(time / 2 ** 22) & 0xff,
    ((Math.floor(time / 2 ** 15) & 0x7f) << 1) | 1,
    Math.floor(time / 2 ** 7) & 0xff,
    ((time & 0x7f) << 1) | 1,
  ];
  return packet(0x100, true, [0, 0, 1, streamId, 0, 0, 0x80, 0x80, 5, ...stamp], [1, isKey ? 0x40 : 0]);
}

const stream = (...packets: readonly Uint8Array[]): Uint8Array => Buffer.concat(packets);

test("a viewer begins with the tables before the next key frame", () => {
  const joiner = new TsJoiner(0);
  expect(joiner.push(stream(more, pat, pmt, picture(90_000, false), more))).toBeNull();
  const beginning = stream(pat, pmt, picture(180_000, true), more);
  expect(joiner.push(stream(more, ...[beginning]))).toEqual(Buffer.from(beginning));
});

test("however the stream is cut", () => {
  const whole = stream(more, pat, pmt, picture(180_000, true), more);
  for (const step of [1, 100, 187, 188, 189, 400]) {
    const joiner = new TsJoiner(0);
    let got = new Uint8Array(0);
    for (let at = 0; at < whole.length && got.length === 0; at += step) {
      got = Uint8Array.from(joiner.push(whole.subarray(at, at + step)) ?? []);
    }
    expect(got.slice(0, 3 * PACKET)).toEqual(Uint8Array.from(whole.subarray(PACKET, 4 * PACKET)));
  }
});

test("a viewer that comes in the middle of a packet finds the next", () => {
  const beginning = stream(pat, pmt, picture(180_000, true), more);
  for (const cut of [1, 100, 187]) {
    const got = new TsJoiner(0).push(stream(more.subarray(cut), more, beginning));
    expect(got).toEqual(Buffer.from(beginning));
  }
});

test("a byte in a packet that looks like the beginning of one is none", () => {
  const rest = more.slice(100);
  rest[20] = 0x47;
  const beginning = stream(pat, pmt, picture(180_000, true), more);
  expect(new TsJoiner(0).push(stream(rest, more, beginning))).toEqual(Buffer.from(beginning));
});

test("a key frame left over from when nobody watched is passed over", () => {
  const joiner = new TsJoiner(100 * 90_000);
  expect(joiner.push(stream(pat, pmt, picture(20 * 90_000, true)))).toBeNull();
  expect(joiner.push(stream(pat, pmt, picture(100 * 90_000, true)))).not.toBeNull();
});

test("time wraps after 26.5 hours", () => {
  const joiner = new TsJoiner(2 ** 33 + 1000);
  expect(joiner.push(stream(pat, pmt, picture(2 ** 33 - 10 * 90_000, true)))).toBeNull();
  expect(joiner.push(stream(pat, pmt, picture(90_000, true)))).not.toBeNull();
});

test("sound, of which every frame is a key frame, is no beginning", () => {
  expect(new TsJoiner(0).push(stream(pat, pmt, picture(0, true, 0xc0)))).toBeNull();
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/protocol/bytes.ts";
import {
  CLOSING,
  CLOSING_LANE,
  ClipFileReader,
  type ClipRecord,
  clipHeadLength,
  decodeClipHead,
  decodeRecordLeaf,
  encodeClipHead,
  encodeClosingRecord,
} from "../../../src/protocol/clip-file.ts";
import { encodeLeaf, sealFragment } from "../../../src/protocol/fragment.ts";
import {
  decodeClosingMeta,
  decodeOpeningMeta,
  encodeClosingMeta,
  encodeOpeningMeta,
  MAX_META_BYTES,
} from "../../../src/protocol/meta.ts";
import { portableCrypto as crypto } from "../../../src/protocol/portable-crypto.ts";
import { tries } from "./effort.ts";

const hash = (text: string): Uint8Array => crypto.sha256(utf8(text));
const clip = hash("clip").slice(0, 16);
const wrap = (fill: number): Uint8Array => new Uint8Array(84).fill(fill);
const head = { clip, day: 20_400, wraps: [wrap(1), wrap(2)] };
const headBytes = encodeClipHead(crypto, head);
const fragments = [0, 1, 2].map((index) => sealFragment(crypto, clip, 1, index, hash(`${index}`), utf8(`f${index}`)));
const records = fragments.map(({ leaf, ciphertext }) => concatBytes(encodeLeaf(leaf), ciphertext));
const closing = [
  encodeClosingRecord(crypto, CLOSING.manifest, utf8("manifest envelope")),
  encodeClosingRecord(crypto, CLOSING.clipKey, utf8("clip-key envelope")),
];
const file = concatBytes(headBytes, ...records, ...closing);
const headError = expect.objectContaining({ code: "clip-file/head" });
const recordError = expect.objectContaining({ code: "clip-file/record" });

function readInPieces(bytes: Uint8Array, sizes: readonly number[]): { reader: ClipFileReader; records: ClipRecord[] } {
  const reader = new ClipFileReader(crypto);
  const found: ClipRecord[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    found.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return { reader, records: found };
}

describe("a clip's head", () => {
  test("comes back, whatever follows it", () => {
    expect(decodeClipHead(crypto, file)).toEqual({ ...head, length: clipHeadLength(2) });
    expect(headBytes).toHaveLength(clipHeadLength(2));
  });

  test("holds no wraps when nobody is there to open the clip", () => {
    expect(decodeClipHead(crypto, encodeClipHead(crypto, { ...head, wraps: [] })).wraps).toEqual([]);
  });

  test("with any byte changed is refused", () => {
    for (let at = 0; at < headBytes.length; at += 1) {
      const changed = Uint8Array.from(headBytes, (byte, i) => (i === at ? byte ^ 1 : byte));
      expect(() => decodeClipHead(crypto, changed)).toThrow(headError);
    }
  });

  test("cut short anywhere is refused", () => {
    for (let length = 0; length < headBytes.length; length += 1) {
      expect(() => decodeClipHead(crypto, headBytes.subarray(0, length))).toThrow(headError);
    }
  });

  test("takes no more wraps than its one byte counts", () => {
    const wraps = Array.from({ length: 256 }, () => wrap(0));
    expect(() => encodeClipHead(crypto, { ...head, wraps })).toThrow(RangeError);
  });
});

describe("a clip file", () => {
  test("gives the same records whole, byte by byte and in pieces of any size", () => {
    const whole = readInPieces(file, [file.length]);
    expect(whole.reader.head).toEqual(head);
    expect(whole.records.map(({ leaf }) => [leaf.lane, leaf.index])).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
      [CLOSING_LANE, 0],
      [CLOSING_LANE, 1],
    ]);
    expect(whole.records[3]?.content).toEqual(utf8("manifest envelope"));
    expect(readInPieces(file, [1]).records).toEqual(whole.records);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes) => {
        expect(readInPieces(file, sizes).records).toEqual(whole.records);
      }),
      tries(50),
    );
  });

  test("says where each ciphertext lies", () => {
    for (const { content, offset } of readInPieces(file, [100]).records) {
      expect(file.subarray(offset, offset + content.length)).toEqual(content);
    }
  });

  test("cut off anywhere keeps its whole records and says where they end", () => {
    const ends = [headBytes.length];
    for (const record of [...records, ...closing]) ends.push((ends.at(-1) ?? 0) + record.length);
    for (let length = 0; length <= file.length; length += 1) {
      const { reader, records: kept } = readInPieces(file.subarray(0, length), [64]);
      const whole = ends.filter((end) => end <= length);
      expect(kept).toHaveLength(Math.max(0, whole.length - 1));
      expect(reader.wholeLength).toBe(whole.at(-1) ?? 0);
      expect(reader.wholeLength + reader.pendingLength).toBe(length);
    }
  });

  test("with a byte of ciphertext changed is refused from that record on", () => {
    const changed = Uint8Array.from(file, (byte, i) => (i === headBytes.length + 80 ? byte ^ 1 : byte));
    expect(() => readInPieces(changed, [changed.length])).toThrow(recordError);
  });

  test("with an absurd length is refused before anything waits for it", () => {
    const leaf = fragments[0]?.leaf;
    if (leaf === undefined) throw new Error("no fragment");
    expect(() => decodeRecordLeaf(encodeLeaf({ ...leaf, length: 0xffff_ffff }))).toThrow(recordError);
    expect(() => decodeRecordLeaf(encodeLeaf({ ...leaf, lane: CLOSING_LANE, length: 20_000 }))).toThrow(recordError);
    expect(() => decodeRecordLeaf(new Uint8Array(73).fill(9))).toThrow(recordError);
  });
});

describe("meta records", () => {
  const opening = { trigger: "ring", startMs: 1_763_000_000_000, clock: "synced", preRollMs: 5_000 } as const;
  const closingMeta = { durationMs: 20_000, video: [1_000, 1_000], audio: [1_021], retriggers: [7_000] };

  test("come back", () => {
    expect(decodeOpeningMeta(encodeOpeningMeta(opening))).toEqual(opening);
    expect(decodeClosingMeta(encodeClosingMeta(closingMeta))).toEqual(closingMeta);
  });

  test("of an hour and more fit, where a statement would not", () => {
    const long = { ...closingMeta, video: Array.from({ length: 10_000 }, () => 1_000) };
    expect(decodeClosingMeta(encodeClosingMeta(long)).video).toHaveLength(10_000);
  });

  test.each([
    ["of another form", utf8('{"trigger":"ring"}')],
    ["that are no JSON", utf8("ring")],
    ["with an unknown trigger", utf8('{"clock":"synced","preRollMs":0,"startMs":0,"trigger":"bell"}')],
    ["above 1 MiB", new Uint8Array(MAX_META_BYTES + 1)],
  ])("%s are refused by name", (_, bytes) => {
    expect(() => decodeOpeningMeta(bytes)).toThrow(expect.objectContaining({ code: "meta/shape" }));
    expect(() => decodeClosingMeta(bytes)).toThrow(expect.objectContaining({ code: "meta/shape" }));
  });
});

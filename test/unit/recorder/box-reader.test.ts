import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BoxGroup, BoxReader } from "../../../src/device/recorder/box-reader.ts";
import { ReusedMemory } from "../../../src/device/recorder/reused-memory.ts";
import { concatBytes, u32, utf8 } from "../../../src/protocol/bytes.ts";
import { box, madeFragment } from "./fragments.ts";

const init = concatBytes(box("ftyp", utf8("iso5")), box("moov", new Uint8Array(300).fill(7)));
const fragments = [0, 1, 2].map((i) =>
  madeFragment({ startTicks: i * 1000, durationTicks: 1000, payload: new Uint8Array(50 + 1000 * i).fill(i + 1) }),
);
const stream = concatBytes(init, ...fragments, box("mfra", u32(0)));

function read(chunks: readonly Uint8Array[]): BoxGroup[] {
  const groups: BoxGroup[] = [];
  const reader = new BoxReader(new ReusedMemory(), (group) => groups.push(group));
  for (const chunk of chunks) reader.push(chunk);
  return groups;
}

describe("BoxReader", () => {
  test("finds the same init segment and fragments however the stream is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 40 }), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        const groups = read(edges.slice(1).map((end, i) => stream.slice(edges[i], end)));
        expect(groups.map(({ kind }) => kind)).toEqual(["init", "fragment", "fragment", "fragment"]);
        expect(groups.map(({ bytes }) => bytes)).toEqual([init, ...fragments]);
      }),
    );
  });

  test("finds them byte by byte", () => {
    const groups = read([...stream].map((byte) => Uint8Array.of(byte)));
    expect(groups.map(({ bytes }) => bytes)).toEqual([init, ...fragments]);
  });

  test("gives the head of a fragment without its media data", () => {
    const [, first] = read([stream.slice()]);
    const moofBytes = (fragments[0]?.length ?? 0) - 58;
    expect(first?.bytes.subarray(0, first.headLength)).toEqual(fragments[0]?.slice(0, moofBytes));
    const [, piecemeal] = read([...stream].map((byte) => Uint8Array.of(byte)));
    expect(piecemeal?.bytes.subarray(0, piecemeal.headLength)).toEqual(fragments[0]?.slice(0, moofBytes));
  });

  test("refuses what is no box, and a box without end", () => {
    expect(() => read([Uint8Array.from({ length: 16 }, (_, i) => 200 + i)])).toThrow(
      expect.objectContaining({ code: "recorder/stream" }),
    );
    const huge = concatBytes(u32(0x7fff_ffff), utf8("mdat"));
    const megabyte = new Uint8Array(1 << 20);
    expect(() => read([huge, ...Array.from({ length: 70 }, () => megabyte)])).toThrow(
      expect.objectContaining({ code: "recorder/stream" }),
    );
  });
});

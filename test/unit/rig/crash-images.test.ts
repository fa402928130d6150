import { mkdtemp, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CrashImages, type Cut, planCuts } from "../../rig/cuts/crash-images.ts";
import { type DiskEvent, KIND, RecordedDisk, readEvents } from "../../rig/nbd/recorded-disk.ts";

const SECTOR = 4096;
const SIZE = 64 * SECTOR;

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "dw-crash-images-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A write of whole sectors, all of whose bytes are the same. */
const write = (sector: number, value: number, sectors = 1, isDurable = false): DiskEvent => ({
  kind: KIND.write,
  isDurable,
  offset: sector * SECTOR,
  length: sectors * SECTOR,
  bytes: new Uint8Array(sectors * SECTOR).fill(value),
});
const flush: DiskEvent = { kind: KIND.flush, isDurable: true, offset: 0, length: 0, bytes: new Uint8Array() };
const cut = (at: number, options: Partial<Cut> = {}): Cut => ({
  ...{ number: 0, at, dropPerMille: 1000, tearPerMille: 0, seed: 1 },
  ...options,
});

/** First byte of each of the first sectors, once the power has failed. */
async function left(events: readonly DiskEvent[], how: Cut, sectors: number): Promise<number[]> {
  const path = join(dir, "image");
  new CrashImages(events, SIZE).make(how, path);
  const image = await readFile(path);
  expect(image).toHaveLength(SIZE);
  return Array.from({ length: sectors }, (_, i) => image[i * SECTOR] ?? 0);
}

describe("of what a disk was told, a cut leaves", () => {
  test("everything that a flush covered", async () => {
    expect(await left([write(0, 1), write(1, 2), flush, write(0, 3)], cut(4), 2)).toEqual([1, 2]);
  });

  test("nothing that came after the cut", async () => {
    expect(await left([write(0, 1), flush, write(1, 2), flush], cut(2), 2)).toEqual([1, 0]);
  });

  test("all of what no flush covered, or none, or any part", async () => {
    const events = [flush, ...Array.from({ length: 16 }, (_, i) => write(i, 1))];
    const kept = async (dropPerMille: number, seed: number): Promise<number> =>
      (await left(events, cut(17, { dropPerMille, seed }), 16)).reduce((sum, value) => sum + value, 0);
    expect(await kept(1000, 1)).toBe(0);
    expect(await kept(0, 1)).toBe(16);
    const some: number[] = [];
    for (const seed of [1, 2, 3, 4]) some.push(await kept(500, seed));
    expect(some.some((count) => count > 0 && count < 16)).toBe(true);
    expect(await kept(500, 3)).toBe(some[2]);
  });

  test("a write that was durable by itself, over an older one that was lost", async () => {
    expect(await left([write(0, 1), write(0, 2, 1, true), write(1, 3)], cut(3), 2)).toEqual([2, 0]);
  });

  test("a part of a long write, in whole sectors", async () => {
    const found = await left(
      [write(0, 1, 16), flush, write(0, 2, 16)],
      cut(3, { dropPerMille: 0, tearPerMille: 1000 }),
      16,
    );
    expect(new Set(found)).toEqual(new Set([1, 2]));
  });

  test("zeroes where zeroes were written", async () => {
    const zero: DiskEvent = { ...flush, kind: KIND.zero, isDurable: false, offset: 0, length: SECTOR };
    expect(await left([write(0, 1, 2), flush, zero, flush], cut(4), 2)).toEqual([0, 1]);
  });
});

test("cuts come in order, begin where they may, reach the end, and are repeated by their seed", () => {
  const cuts = planCuts(500, 100, 160, 5);
  expect(cuts.map(({ at }) => at)).toEqual(cuts.map(({ at }) => at).toSorted((a, b) => a - b));
  expect([cuts[0]?.at, cuts.at(-1)?.at]).toEqual([100, 160]);
  expect(planCuts(500, 100, 160, 5)).toEqual(cuts);
  expect(planCuts(500, 100, 160, 6)).not.toEqual(cuts);
});

test("a record gives back what happened, and leaves out what was being noted when its process was killed", async () => {
  const disk = new RecordedDisk(dir, SIZE);
  disk.write(SECTOR, new Uint8Array(3).fill(7), true);
  disk.flush();
  disk.zero(0, SECTOR, false);
  disk.close();
  const events = readEvents(dir);
  expect(events.map(({ kind, isDurable, offset, length }) => [kind, isDurable, offset, length])).toEqual([
    [KIND.write, true, SECTOR, 3],
    [KIND.flush, true, 0, 0],
    [KIND.zero, false, 0, SECTOR],
  ]);
  await truncate(join(dir, "events.bin"), 24 + 2);
  expect(readEvents(dir)).toEqual([]);
});

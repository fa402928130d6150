import { describe, expect, test } from "vitest";
import { PreRoll } from "../../../src/device/recorder/pre-roll.ts";
import { laneFragment } from "./fragments.ts";

const MEGABYTE = 1 << 20;

describe("PreRoll", () => {
  test("keeps the pictures that cover its length, and the sound since", () => {
    const ring = new PreRoll(3000, MEGABYTE);
    for (let i = 0; i < 10; i++) {
      for (const half of [0, 500]) ring.push(laneFragment("audio", i * 1000 + half, 500));
      ring.push(laneFragment("video", i * 1000));
    }
    const kept = ring.take();
    expect(kept.filter(({ lane }) => lane === "video").map(({ startMs }) => startMs)).toEqual([7000, 8000, 9000]);
    expect(kept.filter(({ lane }) => lane === "audio").map(({ startMs }) => startMs)).toEqual([
      7000, 7500, 8000, 8500, 9000, 9500,
    ]);
    expect(ring.byteLength).toBe(0);
  });

  test("keeps one long picture group rather than none", () => {
    const ring = new PreRoll(3000, MEGABYTE);
    ring.push(laneFragment("video", 0, 10_000));
    ring.push(laneFragment("video", 10_000, 10_000));
    expect(ring.take().map(({ startMs }) => startMs)).toEqual([10_000]);
  });

  test("never holds more bytes than its limit, even in one fragment", () => {
    const ring = new PreRoll(60_000, 5000);
    for (let i = 0; i < 20; i++) {
      ring.push(laneFragment("video", i * 1000, 1000, new Uint8Array(1000)));
      expect(ring.byteLength).toBeLessThanOrEqual(5000);
    }
    const large = laneFragment("video", 20_000, 1000, new Uint8Array(6000));
    ring.push(large);
    expect(ring.byteLength).toBe(0);
    expect(large.endMs).toBe(21_000);
  });

  test("overwrites what falls out", () => {
    const ring = new PreRoll(1000, MEGABYTE);
    const first = laneFragment("video", 0);
    ring.push(first);
    const { bytes } = first;
    const isWiped = (): boolean => bytes.every((byte) => byte === 0);
    expect(isWiped()).toBe(false);
    ring.push(laneFragment("video", 1000));
    expect(isWiped()).toBe(true);
  });

  test("lets go of nothing while held", () => {
    const ring = new PreRoll(1000, MEGABYTE);
    ring.setHeld(true);
    for (let i = 0; i < 5; i++) ring.push(laneFragment("video", i * 1000));
    expect(ring.pictures).toHaveLength(5);
  });
});

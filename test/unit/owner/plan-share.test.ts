import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClipTimes, type FragmentSpan, planShare, type ShareWish } from "../../../src/owner/plan-share.ts";

const spans = (durations: readonly number[], startMs = 0): FragmentSpan[] => {
  let at = startMs;
  return durations.map((duration) => {
    const span = { startMs: at, endMs: at + duration };
    at += duration;
    return span;
  });
};
const tenSeconds: ClipTimes = { video: spans(Array(10).fill(1000)), audio: spans(Array(10).fill(1021.333)) };
const wish = (fromSeconds: number, toSeconds: number, sound = false): ShareWish => ({ fromSeconds, toSeconds, sound });

describe("a planned share", () => {
  test("of seconds 3 to 8 is fragments 4 to 8, and exactly these seconds", () => {
    expect(planShare(tenSeconds, wish(3, 8))).toEqual({
      lanes: [{ lane: 1, first: 4, end: 9 }],
      fromSeconds: 3,
      toSeconds: 8,
      sound: null,
    });
  });

  test("snaps inward, never outward", () => {
    expect(planShare(tenSeconds, wish(2.1, 7.9))).toMatchObject({ fromSeconds: 3, toSeconds: 7 });
    expect(planShare(tenSeconds, wish(-5, 99))).toMatchObject({ fromSeconds: 0, toSeconds: 10 });
  });

  test("takes of the sound only what lies wholly inside the picture", () => {
    const { sound, lanes } = planShare(tenSeconds, wish(3, 8, true));
    expect(lanes[1]).toEqual({ lane: 2, first: 4, end: 8 });
    expect(sound?.fromSeconds).toBeCloseTo(3.064, 3);
    expect(sound?.toSeconds).toBeCloseTo(7.1493, 3);
  });

  test("without a whole fragment of sound inside has none", () => {
    expect(planShare(tenSeconds, wish(3, 4, true))).toMatchObject({ lanes: [{ lane: 1 }], sound: null });
  });

  test("is refused when no whole fragment lies inside, and names the nearest", () => {
    expect(() => planShare(tenSeconds, wish(3.2, 4.1))).toThrow(
      expect.objectContaining({
        code: "owner/no-whole-fragment",
        message: expect.stringContaining("the nearest: 3-4, 4-5"),
      }),
    );
    expect(() => planShare({ video: [], audio: [] }, wish(0, 5))).toThrow(/no picture/);
  });

  test("does not cover a damaged fragment", () => {
    const damaged = { ...tenSeconds, video: tenSeconds.video.with(4, null) };
    expect(() => planShare(damaged, wish(3, 8))).toThrow(expect.objectContaining({ code: "owner/damaged-range" }));
    expect(planShare(damaged, wish(5, 8)), "control").toMatchObject({ fromSeconds: 5 });
    const silent = { ...tenSeconds, audio: tenSeconds.audio.with(5, null) };
    expect(() => planShare(silent, wish(3, 8, true))).toThrow(expect.objectContaining({ code: "owner/damaged-range" }));
    expect(planShare(silent, wish(3, 8)), "control").toMatchObject({ fromSeconds: 3 });
  });

  test("never gives a moment that was not asked for, whatever the fragments and the wish", () => {
    const durations = fc.array(fc.integer({ min: 50, max: 2500 }), { minLength: 1, maxLength: 30 });
    const property = fc.property(durations, durations, fc.nat(30_000), fc.nat(30_000), (video, audio, from, length) => {
      const times = { video: spans(video), audio: spans(audio, 13) };
      const asked = wish(from / 1000, (from + length) / 1000, true);
      let plan: ReturnType<typeof planShare>;
      try {
        plan = planShare(times, asked);
      } catch {
        return;
      }
      for (const { lane, first, end } of plan.lanes) {
        for (const span of times[lane === 1 ? "video" : "audio"].slice(first - 1, end - 1)) {
          expect(span?.startMs).toBeGreaterThanOrEqual(from - 0.001);
          expect(span?.endMs).toBeLessThanOrEqual(from + length + 0.001);
        }
      }
      expect(plan.sound?.fromSeconds ?? plan.fromSeconds).toBeGreaterThanOrEqual(plan.fromSeconds);
      expect(plan.sound?.toSeconds ?? plan.toSeconds).toBeLessThanOrEqual(plan.toSeconds);
    });
    fc.assert(property, { numRuns: process.env.SLOW === "1" ? 5000 : 300 });
  });
});

import { describe, expect, test } from "vitest";
import { median, trendOf } from "../../soak/flatness.ts";
import { pairs, risesOf, STEPS_PER_SECOND } from "../../soak/offset.ts";

const samples = (values: readonly number[]) => values.map((value, i) => ({ seconds: i * 10, value }));

describe("a trend", () => {
  test("of what stays is nothing, whatever noise lies on it", () => {
    const noisy = samples(Array.from({ length: 30 }, (_, i) => 100 + ((i * 7) % 5) + (i % 9 === 0 ? 40 : 0)));
    expect(Math.abs(trendOf(noisy).growth)).toBeLessThan(1.5);
  });

  test("of a leak is what leaks over the time that counts, without the warming up", () => {
    const warm = [10, 60, 90, 100];
    const leak = samples([...warm, ...Array.from({ length: 8 }, (_, i) => 100 + 2 * i)]);
    expect(trendOf(leak)).toEqual({ samples: 8, level: 107, growth: 14, perHour: 720 });
  });

  test("of one sample is none", () => expect(trendOf(samples([5]))).toMatchObject({ growth: 0, level: 5 }));
});

test("a median of an even number lies between the two in the middle", () => expect(median([4, 1, 3, 2])).toBe(2.5));

describe("sound and picture", () => {
  const level = (rises: readonly number[], length: number): number[] =>
    Array.from({ length }, (_, i) => (rises.some((rise) => i >= rise && i < rise + 100) ? 1 : 0));

  test("a rise is found at its step; what is high from the beginning began somewhere else", () => {
    expect(risesOf(level([0, 2000, 4000], 5000), 1)).toEqual([2000, 4000]);
  });

  test("swings within a beep are no rises", () => {
    const beep = Array.from({ length: 3000 }, (_, i) => (i >= 1000 && i < 1300 && i % 2 === 0 ? 1 : 0));
    expect(risesOf(beep, 1)).toEqual([1000]);
  });

  test("each beep is compared with the flash nearest to it, and one without a flash with none", () => {
    expect(STEPS_PER_SECOND).toBe(1000);
    expect(pairs([1000, 3000], [1040, 2950, 9000])).toEqual([40, -50]);
  });
});

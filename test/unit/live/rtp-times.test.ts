import { describe, expect, test } from "vitest";
import { RtpTimes } from "../../../src/device/live/rtp-times.ts";

const over = (times: readonly (number | null)[], shift = 0): number[] => {
  const rtp = new RtpTimes(shift);
  return times.map((time) => rtp.next(time));
};

describe("times for RTP", () => {
  test("go on as the camera's do, small steps back included", () =>
    expect(over([9000, 21_000, 15_000, 27_000], 5)).toEqual([9005, 21_005, 15_005, 27_005]));

  test("wrap at 32 bits while the stream's wrap at 33", () => {
    expect(over([2 ** 32 - 6000, 2 ** 32])).toEqual([2 ** 32 - 6000, 0]);
    expect(over([2 ** 33 - 6000, 0])).toEqual([2 ** 32 - 6000, 0]);
  });

  test("make one usual step where the camera began anew, and follow it from there", () =>
    expect(over([90_000_000, 90_006_000, 1200, 7200])).toEqual([90_000_000, 90_006_000, 90_012_000, 90_018_000]));

  test("are made up where the stream gives none", () =>
    expect(over([6000, null, null])).toEqual([6000, 12_000, 18_000]));
});

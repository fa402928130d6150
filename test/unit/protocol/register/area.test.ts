import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { areasOverlap, COSINES, covers, windowsOverlap } from "../../../../src/protocol/register/area.ts";
import { tries } from "../effort.ts";

const METRES = 6_371_000;
const radians = (units: number): number => (units / 100_000) * (Math.PI / 180);

/** The great-circle distance, by floating point. */
function distance(a: { latitude: number; longitude: number }, b: { latitude: number; longitude: number }): number {
  const [lat1, lat2] = [radians(a.latitude), radians(b.latitude)];
  const half = (angle: number): number => Math.sin(angle / 2) ** 2;
  const h = half(lat2 - lat1) + Math.cos(lat1) * Math.cos(lat2) * half(radians(b.longitude - a.longitude));
  return 2 * METRES * Math.asin(Math.sqrt(h));
}

describe("areas", () => {
  test("the cosine table is the cosine", () => {
    expect(COSINES).toEqual(
      Array.from({ length: 91 }, (_, degree) => Math.round(100_000 * Math.cos(radians(degree * 100_000)))),
    );
  });

  test("cover what is within the radius on the globe, to a few metres, wherever people live", () => {
    const place = fc.record({
      latitude: fc.integer({ min: -7_000_000, max: 7_000_000 }),
      longitude: fc.integer({ min: -18_000_000, max: 17_999_999 }),
    });
    const step = fc.integer({ min: -1_500, max: 1_500 });
    fc.assert(
      fc.property(place, step, step, fc.integer({ min: 150, max: 650 }), (centre, north, east, radius) => {
        const turned = ((centre.longitude + east + 54_000_000) % 36_000_000) - 18_000_000;
        const other = { latitude: centre.latitude + north, longitude: turned };
        const metres = distance(centre, other);
        if (Math.abs(metres - radius) > 5) expect(covers({ ...centre, radius }, other)).toBe(metres < radius);
        if (Math.abs(metres - radius - 200) > 5) {
          const [one, two] = [
            { ...centre, radius },
            { ...other, radius: 200 },
          ];
          expect(areasOverlap(one, two)).toBe(metres < radius + 200);
          expect(areasOverlap(two, one)).toBe(areasOverlap(one, two));
        }
      }),
      tries(500),
    );
  });
});

test("windows that touch do not overlap", () => {
  expect(windowsOverlap({ start: 0, end: 900 }, { start: 900, end: 1_800 })).toBe(false);
  expect(windowsOverlap({ start: 0, end: 901 }, { start: 900, end: 1_800 })).toBe(true);
});

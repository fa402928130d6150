/** Circles on the globe in whole numbers, so that every program gives the same answer. Formula: docs/protocol.md, "Requests". */

import type { Area, Window } from "./statements/request.ts";

/** A place in 10^-5 degrees. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** Millimetres in 10^-5 degrees of latitude, on a sphere of 6,371 km. */
const MM_PER_UNIT = 1_112;
const UNITS_PER_DEGREE = 100_000;
const ROUND = 36_000_000;
/** The cosine's unit. */
const ONE = 100_000;

/** 100,000 times the cosine of 0 to 90 degrees, rounded. */
export const COSINES: readonly number[] = [
  100_000, 99_985, 99_939, 99_863, 99_756, 99_619, 99_452, 99_255, 99_027, 98_769, 98_481, 98_163, 97_815, 97_437,
  97_030, 96_593, 96_126, 95_630, 95_106, 94_552, 93_969, 93_358, 92_718, 92_050, 91_355, 90_631, 89_879, 89_101,
  88_295, 87_462, 86_603, 85_717, 84_805, 83_867, 82_904, 81_915, 80_902, 79_864, 78_801, 77_715, 76_604, 75_471,
  74_314, 73_135, 71_934, 70_711, 69_466, 68_200, 66_913, 65_606, 64_279, 62_932, 61_566, 60_182, 58_779, 57_358,
  55_919, 54_464, 52_992, 51_504, 50_000, 48_481, 46_947, 45_399, 43_837, 42_262, 40_674, 39_073, 37_461, 35_837,
  34_202, 32_557, 30_902, 29_237, 27_564, 25_882, 24_192, 22_495, 20_791, 19_081, 17_365, 15_643, 13_917, 12_187,
  10_453, 8716, 6976, 5234, 3490, 1745, 0,
];

/** 100,000 times the cosine of a latitude given without its sign, between the table's degrees on a straight line. */
function cosine(latitude: number): number {
  const degree = Math.floor(latitude / UNITS_PER_DEGREE);
  const rest = latitude % UNITS_PER_DEGREE;
  const here = COSINES[degree] ?? 0;
  const next = COSINES[degree + 1] ?? 0;
  return Math.floor((here * (UNITS_PER_DEGREE - rest) + next * rest) / UNITS_PER_DEGREE);
}

/** Square of the distance in mm², or infinite when it is beyond `farthest` to the north or to the east. */
function squaredDistance(a: Place, b: Place, farthest: number): number {
  const north = Math.abs(a.latitude - b.latitude) * MM_PER_UNIT;
  if (north > farthest) return Number.POSITIVE_INFINITY;
  const apart = Math.abs(a.longitude - b.longitude);
  const turn = Math.min(apart, ROUND - apart);
  const latitude = Math.floor((Math.abs(a.latitude) + Math.abs(b.latitude)) / 2);
  const east = Math.floor((turn * MM_PER_UNIT * cosine(latitude)) / ONE);
  return east > farthest ? Number.POSITIVE_INFINITY : north * north + east * east;
}

/** Whether a place is in the circle, its edge included. */
export function covers(area: Area, place: Place): boolean {
  const radius = area.radius * 1_000;
  return squaredDistance(area, place, radius) <= radius * radius;
}

/** Whether two circles share more than a point of their edges. */
export function areasOverlap(a: Area, b: Area): boolean {
  const reach = (a.radius + b.radius) * 1_000;
  return squaredDistance(a, b, reach) < reach * reach;
}

/** Whether two windows share an instant; one that begins when the other ends does not. */
export const windowsOverlap = (a: Window, b: Window): boolean => a.start < b.end && b.start < a.end;

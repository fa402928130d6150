import { readFileSync } from "node:fs";
import { covers, type Place } from "../../src/protocol/register/area.ts";
import type { Area, Window } from "../../src/protocol/register/statements/request.ts";
import { Dice } from "../forge/dice.ts";

export const SILENCES = [
  "ignored",
  "looked-then-nothing",
  "hidden",
  "signed-then-undone",
  "quorum-never-completed",
  "away",
  "outside-the-area",
  "no-clip",
  "no-device",
] as const;
export type Silence = (typeof SILENCES)[number];

export const SHARINGS = ["eleven-people-one-clip-each", "one-person-eleven-clips"] as const;
export type Sharing = (typeof SHARINGS)[number];

/** The file of a scenario: public figures, and a seed. */
export interface ScenarioData {
  readonly name: string;
  readonly homes: number;
  readonly months: readonly string[];
  readonly requests: number;
  readonly matchingHomesTotal: number;
  readonly sharesTotal: number;
  readonly place: { readonly centre: Place };
  readonly seed: number;
}

export interface PlannedRequest {
  readonly index: number;
  readonly atMs: number;
  readonly area: Area;
  readonly window: Window;
}

export interface PlannedHome {
  readonly index: number;
  readonly place: Place;
  /** Requests whose area and window fit what this home has filmed. */
  readonly matching: readonly number[];
}

export interface Plan {
  readonly data: ScenarioData;
  readonly requests: readonly PlannedRequest[];
  readonly homes: readonly PlannedHome[];
  /** For each shared answer: which request, and by whom where eleven people share. Where one does, it is {@link ONE_PERSON}. */
  readonly shares: readonly { readonly request: number; readonly home: number }[];
  /** Homes that are whole daemons: they fit the first request and never answer it. */
  readonly whole: readonly [number, number];
}

/** This home fits every request that anybody answers, in every world. */
export const ONE_PERSON = 0;
const DAY_MS = 86_400_000;
const QUARTER_SECONDS = 900;
/** Degrees in units of 10^-5: 12 km to the north, and to the east at this latitude. */
const SQUARE = { north: 10_800, east: 12_000 };
/** Within this of each other, so that one home is in all of their circles. */
const HOT_SPOT_UNITS = 80;
/** Per metre of radius, units that are certainly inside. */
const INSIDE = 0.5;

export function readScenario(name: string): ScenarioData {
  const raw = JSON.parse(
    readFileSync(new URL(`../../test/scenarios/${name}.json`, import.meta.url), "utf8"),
  ) as ScenarioData & {
    readonly place: { readonly centre: { readonly latitude: number; readonly longitude: number } };
  };
  const { latitude, longitude } = raw.place.centre;
  return {
    ...raw,
    place: { centre: { latitude: Math.round(latitude * 1e5), longitude: Math.round(longitude * 1e5) } },
  };
}

/** The same plan from the same numbers: who lives where, what was asked, whose film fits. */
export function makePlan(data: ScenarioData, homeCount: number): Plan {
  const dice = new Dice(data.seed);
  const between = (low: number, high: number): number => low + dice.below(high - low + 1);
  const { centre } = data.place;
  const anywhere = (): Place => ({
    latitude: centre.latitude + between(-SQUARE.north / 2, SQUARE.north / 2),
    longitude: centre.longitude + between(-SQUARE.east / 2, SQUARE.east / 2),
  });
  const hotSpot = anywhere();
  const isHot = (request: number): boolean => request % 2 === 1 && (request - 1) / 2 < data.sharesTotal;
  const startMs = Date.UTC(Number(data.months[0]?.slice(0, 4)), Number(data.months[0]?.slice(5)) - 1, 3);
  const spanMs = (data.months.length * 30 - 8) * DAY_MS;
  const requests = Array.from({ length: data.requests }, (_, index): PlannedRequest => {
    const atMs = startMs + Math.floor((index * spanMs) / data.requests / DAY_MS) * DAY_MS + between(13, 15) * 3_600_000;
    const middle = isHot(index)
      ? {
          latitude: hotSpot.latitude + between(-HOT_SPOT_UNITS, HOT_SPOT_UNITS),
          longitude: hotSpot.longitude + between(-HOT_SPOT_UNITS, HOT_SPOT_UNITS),
        }
      : anywhere();
    const end = Math.floor(atMs / 1000 / QUARTER_SECONDS) * QUARTER_SECONDS - between(4, 16) * QUARTER_SECONDS;
    const area = { ...middle, radius: isHot(index) ? 400 : between(150, 650) };
    return { index, atMs, area, window: { start: end - between(4, 24) * QUARTER_SECONDS, end } };
  });
  const homes = placeHomes(data, requests, homeCount, { hotSpot, isHot, between, anywhere });
  const firstOf = (request: number, nth: number): number =>
    homes.filter(({ index, matching }) => index !== ONE_PERSON && matching.includes(request))[nth]?.index ?? -1;
  const shares = requests
    .filter(({ index }) => isHot(index))
    .map(({ index }) => ({ request: index, home: firstOf(index, 0) }));
  return { data, requests, homes, shares, whole: [firstOf(0, 0), firstOf(0, 1)] };
}

function placeHomes(
  data: ScenarioData,
  requests: readonly PlannedRequest[],
  count: number,
  {
    hotSpot,
    isHot,
    between,
    anywhere,
  }: {
    readonly hotSpot: Place;
    readonly isHot: (request: number) => boolean;
    readonly between: (low: number, high: number) => number;
    readonly anywhere: () => Place;
  },
): PlannedHome[] {
  const hot = requests.filter(({ index }) => isHot(index)).map(({ index }) => index);
  const homes: PlannedHome[] = [{ index: ONE_PERSON, place: hotSpot, matching: hot }];
  let left = data.matchingHomesTotal - hot.length;
  for (const [i, { area, index }] of requests.entries()) {
    const here = Math.ceil(left / (requests.length - i));
    left -= here;
    for (let k = 0; k < here; k += 1) {
      const reach = Math.floor(area.radius * INSIDE);
      const place = {
        latitude: area.latitude + between(-reach, reach),
        longitude: area.longitude + between(-reach, reach),
      };
      homes.push({ index: homes.length, place, matching: [index] });
    }
  }
  if (homes.length > count) throw new RangeError(`--homes is at least ${homes.length}`);
  while (homes.length < count) homes.push({ index: homes.length, place: anywhere(), matching: [] });
  for (const { place, matching } of homes) {
    for (const request of matching) {
      const asked = requests[request];
      if (asked === undefined || !covers(asked.area, place)) throw new Error("a home that fits is outside of its area");
    }
  }
  return homes;
}

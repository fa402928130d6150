import { array, integer, object, where } from "../shape.ts";
import { MAX_LANE_LEAVES } from "./manifest.ts";

const range = object({
  /** 1 video, 2 audio: only media is shared. */
  lane: integer(1, 2),
  /** First media fragment, at least 1; index 0, the init segment, goes along by itself. */
  first: integer(1, MAX_LANE_LEAVES),
  /** One past the last. */
  end: integer(2, MAX_LANE_LEAVES),
});

/** The shared ranges: at least one, no lane twice, sorted by lane, none empty. */
export const sharedLanes = where(
  array(range, 2),
  (lanes) =>
    lanes.length > 0 &&
    lanes.every(({ lane, first, end }, i) => first < end && (i === 0 || lane > (lanes[i - 1]?.lane ?? 0))),
  "lanes must be sorted ranges, none empty",
);

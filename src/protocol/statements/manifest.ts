import type { StatementKind } from "../envelope.ts";
import { bytes, integer, literal, object, type ValueOf } from "../shape.ts";

/** More than a day of one-second fragments; keeps counts from outside within bounds. */
export const MAX_LANE_LEAVES = 100_000;

const count = integer(0, MAX_LANE_LEAVES);

const shape = object({
  clip: bytes(16),
  clipKey: bytes(32),
  /** Number of leaves of each lane. */
  leaves: object({ audio: count, meta: count, thumbnail: count, video: count }),
  root: bytes(32),
  /** `cut`: the power went before the clip was closed. */
  closed: literal("full", "cut"),
  clock: literal("synced", "unsynced"),
});

/** What a sealed clip consists of, signed by the clip's own key. Names no device and no other clip. */
export type Manifest = ValueOf<typeof shape>;
export type LeafCounts = Manifest["leaves"];

export const manifestStatement: StatementKind<Manifest> = { kind: "manifest", shape };

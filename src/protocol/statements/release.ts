import type { StatementKind } from "../envelope.ts";
import { bytes, nullable, object, type ValueOf } from "../shape.ts";
import { sharedLanes } from "./shared-lanes.ts";

const shape = object({
  manifest: bytes(32),
  lanes: sharedLanes,
  recipient: bytes(32),
  request: nullable(bytes(32)),
  /** Digest of the one consent payload; it does not tell who signed. */
  consent: bytes(32),
});

/** What is shared with whom, signed by the clip's key. */
export type Release = ValueOf<typeof shape>;

export const releaseStatement: StatementKind<Release> = { kind: "release", shape };

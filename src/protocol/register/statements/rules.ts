import type { StatementKind } from "../../envelope.ts";
import { array, integer, object, type ValueOf, where } from "../../shape.ts";
import { plainLine } from "../plain-text.ts";
import { registerName } from "../register-name.ts";

/** What version 1 allows at most; a register's rules may be stricter, never laxer. */
export const LOOSEST_LIMITS = {
  requestsPerDay: 5,
  radiusMin: 150,
  radiusMax: 650,
  windowMin: 900,
  windowMax: 43_200,
  textMax: 280,
  expiryMax: 1_209_600,
} as const;

const limits = where(
  object({
    /** Of one requester, in one UTC day. */
    requestsPerDay: integer(1, LOOSEST_LIMITS.requestsPerDay),
    /** Metres. */
    radiusMin: integer(LOOSEST_LIMITS.radiusMin, LOOSEST_LIMITS.radiusMax),
    radiusMax: integer(LOOSEST_LIMITS.radiusMin, LOOSEST_LIMITS.radiusMax),
    /** Seconds. */
    windowMin: integer(LOOSEST_LIMITS.windowMin, LOOSEST_LIMITS.windowMax),
    windowMax: integer(LOOSEST_LIMITS.windowMin, LOOSEST_LIMITS.windowMax),
    /** Code points. */
    textMax: integer(1, LOOSEST_LIMITS.textMax),
    /** Seconds from the leaf's time to the expiry. */
    expiryMax: integer(3_600, LOOSEST_LIMITS.expiryMax),
  }),
  ({ radiusMin, radiusMax, windowMin, windowMax }) => radiusMin <= radiusMax && windowMin <= windowMax,
  "a smallest value above the largest",
);

const shape = object({
  register: registerName,
  limits,
  /** Pressing and threatening words; each may end in `*`, which stands for any ending. */
  words: array(plainLine(60), 600),
});

/** The register's rules from its leaf on, until the next; signed by the operator. */
export type Rules = ValueOf<typeof shape>;
export type Limits = Rules["limits"];

export const rulesStatement: StatementKind<Rules> = { kind: "rules", shape };

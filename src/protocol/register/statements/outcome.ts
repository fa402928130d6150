import type { StatementKind } from "../../envelope.ts";
import { bytes, integer, literal, object, type ValueOf } from "../../shape.ts";
import { registerName } from "../register-name.ts";

const shape = object({
  register: registerName,
  requester: bytes(32),
  /** Digest of the requester's own request. */
  request: bytes(32),
  outcome: literal("kept-until", "deleted-on"),
  /** UTC day number. */
  day: integer(0, 0xffff_ffff),
});

/**
 * What became of whatever came in answer to a request, if anything did; signed by the requester. It is the same whether
 * nobody answered or everybody.
 */
export type RequestOutcome = ValueOf<typeof shape>;

export const outcomeStatement: StatementKind<RequestOutcome> = { kind: "outcome", shape };

import type { StatementKind } from "../envelope.ts";
import { bytes, integer, nullable, object, type ValueOf } from "../shape.ts";

const shape = object({
  device: bytes(32),
  /** Version of the household that the signer knew; another one voids it. */
  household: integer(0, Number.MAX_SAFE_INTEGER),
  /** Ed25519 key that may claim the household after the waiting time; null: none may. */
  key: nullable(bytes(32)),
});

/** Owners' word on who may come back when every owner's phone is lost; takes as many signatures as the quorum says. */
export type Recovery = ValueOf<typeof shape>;

export const recoveryStatement: StatementKind<Recovery> = { kind: "recovery", shape };

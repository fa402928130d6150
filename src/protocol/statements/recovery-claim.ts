import type { StatementKind } from "../envelope.ts";
import { bytes, object, type ValueOf } from "../shape.ts";

const shape = object({ device: bytes(32), member: bytes(32) });

/** The recovery key's word that this paired phone is to become an owner. It begins the waiting time and nothing else. */
export type RecoveryClaim = ValueOf<typeof shape>;

export const recoveryClaimStatement: StatementKind<RecoveryClaim> = { kind: "recovery-claim", shape };

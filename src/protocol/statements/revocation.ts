import type { StatementKind } from "../envelope.ts";
import { bytes, object, type ValueOf } from "../shape.ts";

const shape = object({ device: bytes(32), token: bytes(16) });

/** Voids a consent token; from any owner, also when it arrives before the token. */
export type Revocation = ValueOf<typeof shape>;

export const revocationStatement: StatementKind<Revocation> = { kind: "revocation", shape };

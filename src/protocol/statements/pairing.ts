import type { StatementKind } from "../envelope.ts";
import { bytes, object, type ValueOf } from "../shape.ts";

const shape = object({ device: bytes(32), member: bytes(32), transcript: bytes(32) });

/** The device's word, signed by it, that it took part in this pairing with this member. */
export type Pairing = ValueOf<typeof shape>;

export const pairingStatement: StatementKind<Pairing> = { kind: "pairing", shape };

import type { StatementKind } from "../envelope.ts";
import { bytes, integer, object, type ValueOf } from "../shape.ts";

const shape = object({ device: bytes(32), sequence: integer(0, Number.MAX_SAFE_INTEGER), chain: bytes(32) });

/** The device's audit chain up to and including a row, signed by the device. */
export type AuditHead = ValueOf<typeof shape>;

export const auditHeadStatement: StatementKind<AuditHead> = { kind: "audit-head", shape };

import type { StatementKind } from "../../envelope.ts";
import { bytes, object, type ValueOf } from "../../shape.ts";
import { plainLine } from "../plain-text.ts";
import { registerName } from "../register-name.ts";

const shape = object({ register: registerName, requester: bytes(32), reason: plainLine(280) });

/** Ends an accreditation, signed by the register's operator; requests made before stay in the log. */
export type AccreditationRevocation = ValueOf<typeof shape>;

export const accreditationRevocationStatement: StatementKind<AccreditationRevocation> = {
  kind: "accreditation-revocation",
  shape,
};

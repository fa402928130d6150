import type { StatementKind } from "../../envelope.ts";
import { bytes, object, type ValueOf } from "../../shape.ts";
import { plainLine } from "../plain-text.ts";
import { registerName } from "../register-name.ts";

const shape = object({
  register: registerName,
  requester: bytes(32),
  /** Requests must name exactly this agency. */
  agency: plainLine(120),
  /** Who vouched that the key belongs to the agency. */
  voucher: plainLine(120),
  /** How they made sure. */
  evidence: plainLine(280),
});

/** Lets a requester's key ask, signed by the register's operator. A later one for the same key replaces it. */
export type Accreditation = ValueOf<typeof shape>;

export const accreditationStatement: StatementKind<Accreditation> = { kind: "accreditation", shape };

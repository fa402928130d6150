import type { StatementKind } from "../../envelope.ts";
import { bytes, object, type ValueOf } from "../../shape.ts";
import { plainLine } from "../plain-text.ts";
import { registerName } from "../register-name.ts";

const shape = object({
  register: registerName,
  /** Ed25519: signs accreditations, their revocations, rules, and a later statement of this kind. */
  operator: bytes(32),
  /** Who runs the register and how to reach them, for people. */
  about: plainLine(280),
});

/** A register's own words: leaf 0, signed by the operator it names. A later one hands over to another operator key. */
export type RegisterStatement = ValueOf<typeof shape>;

export const registerStatement: StatementKind<RegisterStatement> = { kind: "register", shape };

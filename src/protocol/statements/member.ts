import type { StatementKind } from "../envelope.ts";
import { bytes, integer, literal, object, type ValueOf } from "../shape.ts";

const shape = object({
  device: bytes(32),
  /** Version of the household that this change makes: the current one plus one. */
  state: integer(1, Number.MAX_SAFE_INTEGER),
  member: bytes(32),
  /** `none` removes the member. */
  role: literal("owner", "viewer", "none"),
  /** Owners' signatures that a consent needs from then on; as many as an audit entry names. */
  quorum: integer(1, 16),
});

/** One change of a household, signed by as many owners as the quorum says, all over the same payload. */
export type MemberChange = ValueOf<typeof shape>;
export type Role = Exclude<MemberChange["role"], "none">;

export const memberStatement: StatementKind<MemberChange> = { kind: "member", shape };

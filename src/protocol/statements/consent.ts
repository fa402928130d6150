import type { StatementKind } from "../envelope.ts";
import { bytes, integer, literal, nullable, object, type ValueOf, where } from "../shape.ts";
import { sharedLanes } from "./shared-lanes.ts";

const members = object({
  /** Random; one token is accepted once. */
  token: bytes(16),
  device: bytes(32),
  /** Version of the household that the signer knew. */
  household: integer(0, Number.MAX_SAFE_INTEGER),
  clip: bytes(16),
  /** Digest of the manifest. */
  manifest: bytes(32),
  /** Digest of the request that is answered. */
  request: nullable(bytes(32)),
  lanes: sharedLanes,
  /** Digest of the recipient's card. */
  recipient: bytes(32),
  /** Digest of the purpose's text. */
  purpose: bytes(32),
  basis: literal("own", "voluntary", "compelled"),
  /** The device's own, from its RAM. */
  challenge: bytes(16),
  /** Digest of the grant. */
  grant: bytes(32),
  /** Unix seconds; from then on the token is worth nothing. */
  expires: integer(0, Number.MAX_SAFE_INTEGER),
});

const shape = where(
  members,
  ({ request, basis }) => (request !== null) === (basis === "voluntary"),
  "a request is answered exactly when the basis is voluntary",
);

/** An owner's consent to give these fragments to this recipient. Several owners sign the same payload. */
export type Consent = ValueOf<typeof shape>;
export type SharedLane = Consent["lanes"][number];

export const consentStatement: StatementKind<Consent> = { kind: "consent", shape };

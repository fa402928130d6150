import type { StatementKind } from "../envelope.ts";
import { bytes, object, type ValueOf } from "../shape.ts";

const shape = object({
  device: bytes(32),
  /** For whom: the member's signing key. */
  member: bytes(32),
  /** Random, one for each view. */
  session: bytes(16),
  /** SHA-256 of the certificate that the device's end of DTLS will show. */
  fingerprint: bytes(32),
  /** SHA-256 of the whole session description. */
  sdp: bytes(32),
});

/** The device's end of a live view, signed by the device. */
export type LiveOffer = ValueOf<typeof shape>;

export const liveOfferStatement: StatementKind<LiveOffer> = { kind: "live-offer", shape };

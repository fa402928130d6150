import type { StatementKind } from "../envelope.ts";
import { bytes, object, type ValueOf } from "../shape.ts";

const shape = object({
  device: bytes(32),
  session: bytes(16),
  /** Digest of the offer that is answered. */
  offer: bytes(32),
  /** SHA-256 of the certificate that the member's end of DTLS will show. */
  fingerprint: bytes(32),
  /** SHA-256 of the whole session description. */
  sdp: bytes(32),
});

/** The member's end of a live view, signed by the member. */
export type LiveAnswer = ValueOf<typeof shape>;

export const liveAnswerStatement: StatementKind<LiveAnswer> = { kind: "live-answer", shape };

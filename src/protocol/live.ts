/**
 * Live view: both ends sign the session description that they send (docs/protocol.md, "Live view"). DTLS proves to each end
 * that the other holds the certificate named in the description it got; the signatures prove that the description is the
 * other's own. So a path that swaps a description, and with it the fingerprint, is noticed before anything is shown.
 */

import { equalBytes, fromHex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { openStatement, type Signer, type Statement, signStatement } from "./envelope.ts";
import { ProtocolError } from "./errors.ts";
import { type LiveAnswer, liveAnswerStatement } from "./statements/live-answer.ts";
import { type LiveOffer, liveOfferStatement } from "./statements/live-offer.ts";

/** Far more than any browser writes. */
export const MAX_SDP_CODE_UNITS = 65_536;

const FINGERPRINT_LINE = /^a=fingerprint:(\S+) +(\S+) *$/gm;

/** A description as it travels: its text, and the sender's signature over what it says. */
export interface SignedDescription {
  readonly sdp: string;
  /** Envelope of a `live-offer` or `live-answer`. */
  readonly statement: Uint8Array;
}

/**
 * The one certificate that a session description names.
 * @returns SHA-256 of the certificate (DER), 32 bytes.
 * @throws {@link ProtocolError} `live/description` when it names none, several, or another hash.
 */
export function fingerprintOf(sdp: string): Uint8Array {
  if (sdp.length > MAX_SDP_CODE_UNITS) throw new ProtocolError("live/description", "session description too long");
  const lines = [...sdp.replaceAll("\r", "").matchAll(FINGERPRINT_LINE)].map(([, hash = "", value = ""]) =>
    `${hash} ${value}`.toLowerCase(),
  );
  const [first] = lines;
  if (
    first === undefined ||
    lines.some((line) => line !== first) ||
    !/^sha-256 ([0-9a-f]{2}:){31}[0-9a-f]{2}$/.test(first)
  ) {
    throw new ProtocolError("live/description", "session description without exactly one SHA-256 fingerprint");
  }
  return fromHex(first.slice("sha-256 ".length).replaceAll(":", ""));
}

const claims = (crypto: Crypto, sdp: string) => ({ fingerprint: fingerprintOf(sdp), sdp: crypto.sha256(utf8(sdp)) });

/** @throws {@link ProtocolError} `live/description`. */
export async function signLiveOffer(
  crypto: Crypto,
  signer: Signer,
  offer: Pick<LiveOffer, "member" | "session">,
  sdp: string,
): Promise<SignedDescription> {
  const payload = { ...offer, device: signer.publicKey, ...claims(crypto, sdp) };
  return { sdp, statement: await signStatement(crypto, liveOfferStatement, payload, signer) };
}

/**
 * Checks an offer before the browser sees it.
 * @throws {@link ProtocolError} `statement/…`, `live/description`, or `live/mismatch` when the statement is about another
 * view, member or description.
 */
export function openLiveOffer(
  crypto: Crypto,
  { sdp, statement }: SignedDescription,
  expected: Pick<LiveOffer, "device" | "member" | "session">,
): Statement<LiveOffer> {
  const opened = openStatement(crypto, liveOfferStatement, statement, expected.device);
  const { device, member, session } = opened.payload;
  const isMeant =
    equalBytes(device, expected.device) && equalBytes(member, expected.member) && equalBytes(session, expected.session);
  if (!isMeant) throw new ProtocolError("live/mismatch", "the offer is for another view");
  requireSame(crypto, opened.payload, sdp);
  return opened;
}

/** @throws {@link ProtocolError} `live/description`. */
export async function signLiveAnswer(
  crypto: Crypto,
  signer: Signer,
  answer: Pick<LiveAnswer, "device" | "session" | "offer">,
  sdp: string,
): Promise<SignedDescription> {
  const payload = { ...answer, ...claims(crypto, sdp) };
  return { sdp, statement: await signStatement(crypto, liveAnswerStatement, payload, signer) };
}

/** As {@link openLiveOffer}, for the device. @param member - The only key that may have signed. */
export function openLiveAnswer(
  crypto: Crypto,
  { sdp, statement }: SignedDescription,
  member: Uint8Array,
  expected: Pick<LiveAnswer, "device" | "session" | "offer">,
): Statement<LiveAnswer> {
  const opened = openStatement(crypto, liveAnswerStatement, statement, member);
  const { device, session, offer } = opened.payload;
  const isMeant =
    equalBytes(device, expected.device) && equalBytes(session, expected.session) && equalBytes(offer, expected.offer);
  if (!isMeant) throw new ProtocolError("live/mismatch", "the answer is for another view");
  requireSame(crypto, opened.payload, sdp);
  return opened;
}

function requireSame(
  crypto: Crypto,
  signed: { readonly fingerprint: Uint8Array; readonly sdp: Uint8Array },
  sdp: string,
): void {
  const here = claims(crypto, sdp);
  if (!equalBytes(signed.fingerprint, here.fingerprint) || !equalBytes(signed.sdp, here.sdp)) {
    throw new ProtocolError("live/mismatch", "the session description is not the one that was signed");
  }
}

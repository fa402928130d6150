import { fromUtf8, utf8 } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Signer } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { decodeParts, encodeParts, type ResultOf } from "../protocol/link-ops.ts";
import { openLiveOffer, signLiveAnswer } from "../protocol/live.ts";
import type { Doorbell } from "./doorbell.ts";
import { OwnerError } from "./errors.ts";

export interface LiveView {
  readonly session: Uint8Array;
  /** The device's description: signed by the paired device for this member, checked. */
  readonly offer: string;
  readonly iceServers: ResultOf<"live-start">["iceServers"];
  /** Signs the browser's own description and sends it; call it once, with every candidate in it that there is going to be. */
  answer(sdp: string): Promise<void>;
  stop(): Promise<void>;
}

export type LiveAsked =
  | { readonly outcome: "refused"; readonly reason: NonNullable<ResultOf<"live-start">["refused"]> }
  | { readonly outcome: "offered"; readonly view: LiveView };

/**
 * Asks the doorbell for a live view. WebRTC itself is the caller's: an `RTCPeerConnection` that takes `offer` and gives `answer`.
 * @throws ProtocolError `statement/…`, `live/mismatch`, `live/description` when the path changed the description: show nothing.
 * @throws OwnerError `owner/unreadable-answer`.
 */
export async function askLive(
  doorbell: Doorbell,
  { crypto, deviceKey, signer }: { readonly crypto: Crypto; readonly deviceKey: Uint8Array; readonly signer: Signer },
  wish: { readonly codecs: readonly ("h264" | "vp8")[]; readonly sound: boolean },
): Promise<LiveAsked> {
  const { result, attachment } = await doorbell.ask("live-start", wish);
  if (result.refused !== null) return { outcome: "refused", reason: result.refused };
  const { session, iceServers } = result;
  const [statement, sdp] = decodeParts(attachment);
  if (session === null || statement === undefined || sdp === undefined) {
    throw new OwnerError("owner/unreadable-answer", "the doorbell offered no description");
  }
  const stop = async (): Promise<void> => void (await doorbell.ask("live-stop", { session }));
  const offer = { sdp: fromUtf8(sdp), statement };
  let digest: Uint8Array;
  try {
    digest = openLiveOffer(crypto, offer, { device: deviceKey, member: signer.publicKey, session }).digest;
  } catch (error) {
    if (error instanceof ProtocolError) await stop().catch(() => {});
    throw error;
  }
  const answer = async (own: string): Promise<void> => {
    const signed = await signLiveAnswer(crypto, signer, { device: deviceKey, session, offer: digest }, own);
    await doorbell.ask("live-answer", { session }, encodeParts([signed.statement, utf8(signed.sdp)]));
  };
  return { outcome: "offered", view: { session, offer: offer.sdp, iceServers, answer, stop } };
}

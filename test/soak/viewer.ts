import { RTCPeerConnection, useH264, useOPUS } from "werift";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import type { Doorbell } from "../../src/owner/doorbell.ts";
import { askLive } from "../../src/owner/live.ts";
import type { Signer } from "../../src/protocol/envelope.ts";

const PACKETS = 20;
const SEEN_WITHIN_MS = 30_000;

/** Looks through the camera until some packets of picture have come, and hangs up. @throws Error when none do. */
export async function lookThroughDoor(doorbell: Doorbell, deviceKey: Uint8Array, signer: Signer): Promise<void> {
  const asked = await askLive(doorbell, { crypto, deviceKey, signer }, { codecs: ["h264"], sound: true });
  if (asked.outcome === "refused") throw new Error(`no live view: ${asked.reason}`);
  const peer = new RTCPeerConnection({
    codecs: { video: [useH264({ mimeType: "video/H264" })], audio: [useOPUS()] },
    iceUseIpv6: false,
  });
  let packets = 0;
  const seen = new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${packets} packets of picture in 30 s, ${stateOf(peer)}`)),
      SEEN_WITHIN_MS,
    );
    peer.onTrack.subscribe((track) => {
      if (track.kind !== "video") return;
      track.onReceiveRtp.subscribe(() => {
        packets += 1;
        if (packets < PACKETS) return;
        clearTimeout(late);
        resolve();
      });
    });
  });
  seen.catch(() => {});
  try {
    await peer.setRemoteDescription({ type: "offer", sdp: asked.view.offer });
    await peer.setLocalDescription(await peer.createAnswer());
    await asked.view.answer(peer.localDescription?.sdp ?? "");
    await seen;
  } finally {
    await asked.view.stop();
    await peer.close();
  }
}

const stateOf = ({ connectionState, iceConnectionState }: RTCPeerConnection): string =>
  `connection ${connectionState}, ICE ${iceConnectionState}`;

/**
 * One view in a process of its own: an engine that crashes or hangs costs this view, never the doorbell. It ends with its
 * parent, and by `process.exit`: @roamhq/wrtc crashes when it is let go by itself.
 */

import type { FromChild, ToChild } from "./child-messages.ts";
import { endFfmpegs } from "./ffmpeg-child.ts";
import type { LivePeer, PeerEvents } from "./live-peer.ts";

let peer: LivePeer | undefined;

function end(): never {
  endFfmpegs();
  process.exit(0);
}

function tell(message: FromChild, then: () => void = () => {}): void {
  if (process.connected) process.send?.(message, then);
  else end();
}

const events: PeerEvents = {
  connected: () => tell({ told: "connected" }),
  ended: (reason) => tell({ told: "ended", reason }, end),
};

async function makePeer({ engine, plan }: Extract<ToChild, { do: "offer" }>): Promise<LivePeer | null> {
  if (engine === "werift") {
    const { WeriftPeer } = await import("./werift-peer.ts");
    return new WeriftPeer(plan, events);
  }
  const { loadNodeWebrtc, NodeWebrtcPeer } = await import("./node-webrtc-peer.ts");
  const wrtc = await loadNodeWebrtc().catch(() => null);
  return wrtc === null ? null : new NodeWebrtcPeer(wrtc, plan, events);
}

async function follow(message: ToChild): Promise<void> {
  switch (message.do) {
    case "offer": {
      const made = await makePeer(message);
      if (made === null) return tell({ told: "no-engine" }, end);
      peer = made;
      return tell({ told: "offer", sdp: await made.offer() });
    }
    case "accept":
      return peer?.accept(message.sdp);
    case "close":
      await peer?.close();
      return end();
  }
}

process.on("disconnect", end);
process.on("SIGTERM", end);
process.on("message", (message) => {
  follow(message as ToChild).catch(() => tell({ told: "ended", reason: "engine" }, end));
});

import type { PictureSize } from "./camera-feed.ts";
import type { IceServer } from "./ice-servers.ts";
import type { SpeakerConfig } from "./live-config.ts";

/** What an engine needs to show the door to one member. */
export interface PeerPlan {
  readonly streamSocket: string;
  readonly ffmpegPath: string;
  readonly iceServers: readonly IceServer[];
  /** Whether the member wants to hear, and may talk. */
  readonly sound: boolean;
  readonly speaker: SpeakerConfig;
  /** For an engine that encodes anew. */
  readonly transcodedSize: PictureSize;
}

export interface PeerEvents {
  readonly connected: () => void;
  /** Called once; nothing is sent after it. */
  readonly ended: (reason: "closed" | "lost" | "feed") => void;
}

/** One end of a WebRTC connection, whichever engine makes it. It offers, and never trickles candidates. */
export interface LivePeer {
  /** The whole offer, with every candidate that there is within 2.5 s. */
  offer(): Promise<string>;
  accept(answer: string): Promise<void>;
  close(): Promise<void>;
}

export type EngineName = "werift" | "node-webrtc";

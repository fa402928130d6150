import type { ChildProcess } from "node:child_process";
import { RAW_RATE, startRawFeed } from "./camera-feed.ts";
import { waitForCandidates } from "./gathering.ts";
import { engineServers } from "./ice-servers.ts";
import type { LivePeer, PeerEvents, PeerPlan } from "./live-peer.ts";
import { playSamples } from "./speaker.ts";

/** What we use of @roamhq/wrtc, whose own types are those of a browser's page. */
interface Wrtc {
  readonly RTCPeerConnection: new (config: object) => Connection;
  readonly nonstandard: {
    readonly RTCVideoSource: new () => { createTrack(): object; onFrame(frame: object): void };
    readonly RTCAudioSource: new () => { createTrack(): object; onData(data: object): void };
    readonly RTCAudioSink: new (track: object) => { ondata: ((data: Heard) => void) | null; stop(): void };
  };
}

interface Connection {
  readonly connectionState: string;
  readonly iceGatheringState: string;
  readonly localDescription: { readonly sdp: string } | null;
  onconnectionstatechange: (() => void) | null;
  onicegatheringstatechange: (() => void) | null;
  addTransceiver(track: object, init: object): { readonly receiver: { readonly track: object } };
  createOffer(): Promise<object>;
  setLocalDescription(description: object): Promise<void>;
  setRemoteDescription(description: object): Promise<void>;
  close(): void;
}

interface Heard {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  readonly channelCount?: number;
}

/** The engine takes sound in pieces of 10 ms. */
const PIECE_SAMPLES = RAW_RATE / 100;

/** @throws When the optional package is not installed, or not for this machine. */
export async function loadNodeWebrtc(): Promise<Wrtc> {
  const loaded = (await import("@roamhq/wrtc")) as unknown as Wrtc & { readonly default?: Wrtc };
  return loaded.default ?? loaded;
}

/** Decodes the camera and encodes it anew as VP8, for a viewer that shows no H.264: eight times the work. */
export class NodeWebrtcPeer implements LivePeer {
  readonly #plan: PeerPlan;
  readonly #events: PeerEvents;
  readonly #wrtc: Wrtc;
  readonly #peer: Connection;
  readonly #video;
  readonly #audio;
  readonly #voice: object | null;
  readonly #programs: ChildProcess[] = [];
  #isConnected = false;
  #isOver = false;

  constructor(wrtc: Wrtc, plan: PeerPlan, events: PeerEvents) {
    this.#wrtc = wrtc;
    this.#plan = plan;
    this.#events = events;
    this.#video = new wrtc.nonstandard.RTCVideoSource();
    this.#audio = new wrtc.nonstandard.RTCAudioSource();
    const iceServers = engineServers(plan.iceServers);
    this.#peer = new wrtc.RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.#peer.addTransceiver(this.#video.createTrack(), { direction: "sendonly" });
    this.#voice = plan.sound
      ? this.#peer.addTransceiver(this.#audio.createTrack(), { direction: "sendrecv" }).receiver.track
      : null;
    this.#peer.onconnectionstatechange = () => this.#changed(this.#peer.connectionState);
  }

  async offer(): Promise<string> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    if (this.#peer.iceGatheringState !== "complete") {
      const gathered = new Promise<void>((resolve) => {
        this.#peer.onicegatheringstatechange = () => {
          if (this.#peer.iceGatheringState === "complete") resolve();
        };
      });
      await waitForCandidates(gathered);
    }
    return this.#peer.localDescription?.sdp ?? "";
  }

  async accept(answer: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: "answer", sdp: answer });
  }

  close(): Promise<void> {
    this.#end("closed");
    this.#peer.close();
    return Promise.resolve();
  }

  /** The engine says `connected` twice. */
  #changed(state: string): void {
    if (state === "connected" && !this.#isConnected) {
      this.#isConnected = true;
      this.#begin();
      this.#events.connected();
    } else if (state === "failed" || state === "disconnected" || state === "closed") this.#end("lost");
  }

  #begin(): void {
    const { width, height } = this.#plan.transcodedSize;
    const { process, pictures, samples } = startRawFeed(this.#plan, { width, height }, () => this.#end("feed"));
    this.#programs.push(process);
    pictures.on(
      "data",
      pieces((width * height * 3) / 2, (data) => {
        this.#video.onFrame({ width, height, data: new Uint8ClampedArray(data.buffer) });
      }),
    );
    samples?.on(
      "data",
      pieces(PIECE_SAMPLES * 2, (data) => {
        const piece = new Int16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
        this.#audio.onData({
          samples: piece,
          sampleRate: RAW_RATE,
          channelCount: 1,
          bitsPerSample: 16,
          numberOfFrames: PIECE_SAMPLES,
        });
      }),
    );
    if (this.#voice !== null) this.#hear(this.#voice);
  }

  /** The first sound tells its rate, which changes when somebody begins to talk: each rate has a player of its own. */
  #hear(voice: object): void {
    const sink = new this.#wrtc.nonstandard.RTCAudioSink(voice);
    let player: ChildProcess | null = null;
    let form = "";
    sink.ondata = ({ samples, sampleRate: rate, channelCount: channels = 1 }) => {
      if (this.#isOver) return sink.stop();
      if (form !== `${rate} ${channels}`) {
        form = `${rate} ${channels}`;
        player?.kill("SIGKILL");
        player = playSamples(this.#plan.ffmpegPath, this.#plan.speaker, { rate, channels });
        if (player !== null) this.#programs.push(player);
      }
      player?.stdin?.write(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    };
  }

  #end(reason: "closed" | "lost" | "feed"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const program of this.#programs) program.kill("SIGKILL");
    this.#events.ended(reason);
  }
}

/** Cuts a stream of bytes into pieces of one size. */
function pieces(size: number, onPiece: (piece: Uint8Array<ArrayBuffer>) => void): (chunk: Buffer) => void {
  let piece = new Uint8Array(size);
  let filled = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      const take = Math.min(size - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < size) continue;
      onPiece(piece);
      piece = new Uint8Array(size);
      filled = 0;
    }
  };
}

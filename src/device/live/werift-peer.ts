import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import {
  MediaStreamTrack,
  RTCPeerConnection,
  RTCRtpHeaderExtensionParameters,
  type RTCRtpTransceiver,
  RtpHeader,
  RtpPacket,
  useH264,
  useNACK,
  useOPUS,
  usePLI,
} from "werift";
import { SoundFeed } from "./camera-feed.ts";
import { waitForCandidates } from "./gathering.ts";
import { packetize } from "./h264-packets.ts";
import { engineServers } from "./ice-servers.ts";
import type { LivePeer, PeerEvents, PeerPlan } from "./live-peer.ts";
import { freeLocalPort, listenLocally } from "./local-port.ts";
import { RtpTimes } from "./rtp-times.ts";
import { playRtp } from "./speaker.ts";
import { type StreamUnit, TsUnits } from "./ts-units.ts";

/** With everything that comes around it, such a payload passes through any path without being cut up. */
const MOST_PAYLOAD_BYTES = 1200;
/**
 * Tells the viewer how long to hold a picture back, at least and at most, in 12 bits each: not at all. Without it a browser
 * waits for as long as the largest pictures have ever been late.
 */
export const PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
const NO_DELAY = Buffer.alloc(3);
/** No estimates of bandwidth, five a second: the picture goes as the camera made it. */
const REPORTS = [useNACK(), usePLI()];
/** Of the camera's stream; larger than almost any picture, and read into again and again. */
const READ_BYTES = 64 * 1024;
const RTP_HEADER_BYTES = 12;
/** Between this process and the player's only. */
const VOICE_PAYLOAD_TYPE = 111;

/** Passes the camera's own H.264 through: nothing is decoded, so a viewer costs little more than its packets. */
export class WeriftPeer implements LivePeer {
  readonly #plan: PeerPlan;
  readonly #events: PeerEvents;
  readonly #peer: RTCPeerConnection;
  readonly #picture: RTCRtpTransceiver;
  readonly #voice: RTCRtpTransceiver | null;
  readonly #sockets: { close(): void }[] = [];
  readonly #programs: ChildProcess[] = [];
  readonly #times = new RtpTimes(randomInt(2 ** 32));
  #sequenceNumber = randomInt(2 ** 15);
  #sound: SoundFeed | undefined;
  #sayTo: ((packet: Buffer) => void) | undefined;
  #isConnected = false;
  #isOver = false;

  constructor(plan: PeerPlan, events: PeerEvents) {
    this.#plan = plan;
    this.#events = events;
    this.#peer = new RTCPeerConnection({
      codecs: { video: [useH264({ mimeType: "video/H264", rtcpFeedback: REPORTS })], audio: [useOPUS()] },
      headerExtensions: { video: [new RTCRtpHeaderExtensionParameters({ uri: PLAYOUT_DELAY_URI })] },
      bundlePolicy: "max-bundle",
      iceServers: engineServers(plan.iceServers),
    });
    this.#picture = this.#peer.addTransceiver(new MediaStreamTrack({ kind: "video" }), { direction: "sendonly" });
    this.#voice = plan.sound
      ? this.#peer.addTransceiver(new MediaStreamTrack({ kind: "audio" }), { direction: "sendrecv" })
      : null;
    this.#peer.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.#heard(packet)));
    this.#peer.connectionStateChange.subscribe((state) => this.#changed(state));
  }

  async offer(): Promise<string> {
    const gathered = this.#peer.setLocalDescription(await this.#peer.createOffer()); // settles with the last candidate
    gathered.catch(() => {}); // after the time is over nobody waits for it
    if ((await waitForCandidates(gathered)) === "all") return this.#peer.localDescription?.sdp ?? "";
    return (await this.#peer.createOffer()).sdp; // the same, with the candidates that there are
  }

  async accept(answer: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: "answer", sdp: answer });
  }

  async close(): Promise<void> {
    this.#end("closed");
    await this.#peer.close();
  }

  #changed(state: string): void {
    if (state === "connected" && !this.#isConnected) {
      this.#isConnected = true;
      this.#begin().catch(() => this.#end("feed"));
    } else if (state === "failed" || state === "disconnected" || state === "closed") this.#end("lost");
  }

  async #begin(): Promise<void> {
    const audio = this.#plan.sound ? await this.#listen((packet) => this.#sendSound(packet)) : null;
    if (this.#isOver) return;
    const units = new TsUnits((unit) => {
      if (unit.lane === "picture") this.#show(unit);
      else if (audio !== null) this.#makeHeard(unit.bytes, audio);
    });
    const read = (size: number, buffer: Uint8Array): boolean => {
      units.push(Buffer.from(buffer.buffer, buffer.byteOffset, size));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: read };
    const stream = connect({ path: this.#plan.streamSocket, onread });
    this.#sockets.push({ close: () => stream.destroy() });
    stream.on("error", () => {}); // closes too
    stream.once("close", () => this.#end("feed"));
    if (this.#plan.sound) await this.#hear();
    this.#events.connected();
  }

  #show({ bytes, time }: StreamUnit): void {
    const timestamp = this.#times.next(time);
    const payloads = packetize(bytes, MOST_PAYLOAD_BYTES);
    const id = this.#picture.headerExtensions.find(({ uri }) => uri === PLAYOUT_DELAY_URI)?.id; // where the viewer knows it
    const ofFirst = id === undefined ? [] : [{ id, payload: NO_DELAY }];
    for (const [i, payload] of payloads.entries()) {
      this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
      const marker = i === payloads.length - 1; // of the picture's last packet
      const extensions = i === 0 ? ofFirst : [];
      const header = new RtpHeader({ sequenceNumber: this.#sequenceNumber, timestamp, marker, extensions });
      // Not by way of the track, whose listeners are one promise more for each packet.
      void this.#picture.sender.sendRtp(new RtpPacket(header, payload));
    }
  }

  /** @param packet - As our own ffmpeg makes it: RTP with nothing but the fixed header (RFC 3550, 5.1). */
  #sendSound(packet: Buffer): void {
    if (packet.length <= RTP_HEADER_BYTES) return;
    const [sequenceNumber, timestamp] = [packet.readUInt16BE(2), packet.readUInt32BE(4)];
    const header = new RtpHeader({ sequenceNumber, timestamp });
    void this.#voice?.sender.sendRtp(new RtpPacket(header, packet.subarray(RTP_HEADER_BYTES)));
  }

  #makeHeard(frames: Buffer, port: number): void {
    if (this.#sound === undefined) {
      this.#sound = new SoundFeed(this.#plan.ffmpegPath, port, () => this.#end("feed"));
      this.#programs.push(this.#sound.process);
    }
    this.#sound.push(frames);
  }

  /** What the member says goes to the speaker as it comes; between two sentences nothing comes. */
  async #hear(): Promise<void> {
    const port = await freeLocalPort();
    const player = playRtp(this.#plan.ffmpegPath, this.#plan.speaker, { port, payloadType: VOICE_PAYLOAD_TYPE });
    if (player === null) return;
    if (this.#isOver) {
      player.kill("SIGKILL");
      return;
    }
    this.#programs.push(player);
    const out = createSocket("udp4");
    this.#sockets.push(out);
    this.#sayTo = (packet) => out.send(packet, port, "127.0.0.1", () => {});
  }

  #heard({ header: { sequenceNumber, timestamp, marker, ssrc }, payload }: RtpPacket): void {
    const header = new RtpHeader({ sequenceNumber, timestamp, marker, ssrc, payloadType: VOICE_PAYLOAD_TYPE });
    this.#sayTo?.(new RtpPacket(header, payload).serialize());
  }

  async #listen(onPacket: (packet: Buffer) => void): Promise<number> {
    const { socket, port } = await listenLocally(onPacket);
    this.#sockets.push(socket);
    return port;
  }

  #end(reason: "closed" | "lost" | "feed"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const program of this.#programs) program.kill("SIGKILL");
    for (const socket of this.#sockets) socket.close();
    this.#events.ended(reason);
  }
}

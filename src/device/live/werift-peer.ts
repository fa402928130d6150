import type { ChildProcess } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket, useH264, useOPUS } from "werift";
import { startRtpFeed } from "./camera-feed.ts";
import { engineServers } from "./ice-servers.ts";
import type { LivePeer, PeerEvents, PeerPlan } from "./live-peer.ts";
import { freeLocalPort, listenLocally } from "./local-port.ts";
import { playRtp } from "./speaker.ts";

/** Between this process and the player's only. */
const VOICE_PAYLOAD_TYPE = 111;

/** Passes the camera's own H.264 through: nothing is decoded, so a viewer costs little more than its packets. */
export class WeriftPeer implements LivePeer {
  readonly #plan: PeerPlan;
  readonly #events: PeerEvents;
  readonly #peer: RTCPeerConnection;
  readonly #video = new MediaStreamTrack({ kind: "video" });
  readonly #audio = new MediaStreamTrack({ kind: "audio" });
  readonly #sockets: Socket[] = [];
  readonly #programs: ChildProcess[] = [];
  #sayTo: ((packet: Buffer) => void) | undefined;
  #isConnected = false;
  #isOver = false;

  constructor(plan: PeerPlan, events: PeerEvents) {
    this.#plan = plan;
    this.#events = events;
    this.#peer = new RTCPeerConnection({
      codecs: { video: [useH264({ mimeType: "video/H264" })], audio: [useOPUS()] },
      bundlePolicy: "max-bundle",
      iceServers: engineServers(plan.iceServers),
    });
    this.#peer.addTransceiver(this.#video, { direction: "sendonly" });
    if (plan.sound) this.#peer.addTransceiver(this.#audio, { direction: "sendrecv" });
    this.#peer.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.#heard(packet)));
    this.#peer.connectionStateChange.subscribe((state) => this.#changed(state));
  }

  async offer(): Promise<string> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer()); // gathers every candidate before it settles
    return this.#peer.localDescription?.sdp ?? "";
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
    const video = await this.#listen((packet) => this.#video.writeRtp(packet));
    const audio = await this.#listen((packet) => this.#audio.writeRtp(packet));
    if (this.#isOver) return;
    this.#programs.push(startRtpFeed(this.#plan, { video, audio }, () => this.#end("feed")));
    if (this.#plan.sound) await this.#hear();
    this.#events.connected();
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

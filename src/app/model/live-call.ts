import { type Signal, signal } from "@preact/signals";
import { askLive, type LiveView } from "../../owner/live.ts";
import { AppError } from "./errors.ts";
import type { Home } from "./home.ts";

/** `ended`: by the doorbell or the network; the person has not closed it. */
export type CallState = "connecting" | "live" | "ended";

/** Inside the home a view needs no relay, so one that is dead is not waited for: its candidates would come late or never. */
const GATHER_WITHIN_MS = 2500;

/** What browsers call the two pictures that a doorbell can send. */
const MIME_TYPES = { h264: "video/h264", vp8: "video/vp8" } as const;

const codecs = (): ("h264" | "vp8")[] => {
  const shown = (RTCRtpReceiver.getCapabilities("video")?.codecs ?? []).map(({ mimeType }) => mimeType.toLowerCase());
  return (["h264", "vp8"] as const).filter((codec) => shown.includes(MIME_TYPES[codec]));
};

/** One look through the door, from the moment somebody asks for it to its end. The microphone is closed unless {@link talk} opened it. */
export class LiveCall {
  readonly state: Signal<CallState> = signal("connecting");
  readonly talking: Signal<boolean> = signal(false);
  readonly stream = new MediaStream();
  readonly #home: Home;
  #peer: RTCPeerConnection | null = null;
  #view: LiveView | null = null;
  #microphone: MediaStreamTrack | null = null;
  #isOpening = false;
  #wantsToTalk = false;
  #isOver = false;

  constructor(home: Home) {
    this.#home = home;
  }

  /** @throws AppError `app/live-…`. @throws ProtocolError `live/mismatch`, `statement/…`: the path is not honest. @throws OwnerError. */
  async start(): Promise<void> {
    if (!("RTCPeerConnection" in globalThis)) throw new AppError("app/live-no-engine", "no WebRTC in this browser");
    const { crypto, identity } = this.#home.ground;
    const doorbell = await this.#home.link.doorbell();
    const keys = { crypto, deviceKey: await this.#home.deviceKey(), signer: identity.signer };
    const asked = await askLive(doorbell, keys, { codecs: codecs(), sound: true });
    if (asked.outcome === "refused") throw new AppError(`app/live-${asked.reason}`, "no live view");
    this.#view = asked.view;
    if (this.#isOver) {
      await asked.view.stop();
      return;
    }
    await asked.view.answer(await this.#answer(asked.view));
  }

  /** Opens the microphone, on a person's gesture only, for as long as the button is held. @throws AppError `app/no-microphone`. */
  async talk(on: boolean): Promise<void> {
    this.#wantsToTalk = on;
    const sender = this.#peer?.getTransceivers().find(({ receiver }) => receiver.track.kind === "audio")?.sender;
    if (sender === undefined) return;
    if (!on) {
      this.#microphone?.stop();
      this.#microphone = null;
      this.talking.value = false;
      await sender.replaceTrack(null);
      return;
    }
    if (this.#microphone !== null || this.#isOpening) return; // the one that is being opened is for this press too
    this.#isOpening = true;
    const [track] = await voice().finally(() => {
      this.#isOpening = false;
    });
    // The button may have been let go while the browser asked for leave.
    if (track === undefined || !this.#wantsToTalk || this.#isOver) {
      track?.stop();
      return;
    }
    this.#microphone = track;
    await sender.replaceTrack(track);
    this.talking.value = this.#microphone === track;
  }

  /** Safe to call at any time, more than once. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#microphone?.stop();
    this.#peer?.close();
    void this.#view?.stop().catch(() => undefined);
  }

  async #answer({ offer, iceServers }: LiveView): Promise<string> {
    const peer = new RTCPeerConnection({
      iceServers: iceServers.map(({ urls, username, credential }) => ({
        urls,
        ...(username === null ? {} : { username }),
        ...(credential === null ? {} : { credential }),
      })),
    });
    this.#peer = peer;
    peer.ontrack = ({ track, receiver }) => {
      // A door is watched as it is now: better a jump than a delay.
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
      this.stream.addTrack(track);
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "connected") this.state.value = "live";
      if (peer.connectionState === "failed" || peer.connectionState === "disconnected") this.#lost();
    };
    await peer.setRemoteDescription({ type: "offer", sdp: offer });
    for (const transceiver of peer.getTransceivers()) {
      if (transceiver.receiver.track.kind === "audio") transceiver.direction = "sendrecv";
    }
    await peer.setLocalDescription(await peer.createAnswer());
    await gathered(peer);
    return peer.localDescription?.sdp ?? "";
  }

  #lost(): void {
    if (this.#isOver) return;
    this.close();
    this.talking.value = false;
    this.state.value = "ended";
  }
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (peer.iceGatheringState === "complete") resolve();
    };
    peer.addEventListener("icegatheringstatechange", look);
    look();
    setTimeout(resolve, GATHER_WITHIN_MS);
  });
}

async function voice(): Promise<MediaStreamTrack[]> {
  try {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    return (await navigator.mediaDevices.getUserMedia({ audio })).getAudioTracks();
  } catch (cause) {
    throw new AppError("app/no-microphone", "the microphone is not allowed", { cause });
  }
}

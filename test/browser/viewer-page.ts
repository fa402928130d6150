import type { Browser, Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** A page that can be a viewer; its functions are below. */
export async function openViewer(browser: Browser): Promise<Page> {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  page.on("pageerror", (error) => console.error(error));
  await page.goto("about:blank");
  await page.setContent('<video id="door" autoplay playsinline></video>');
  return page;
}

/** Takes the door's offer and gives the browser's answer, with every candidate. Sound is not sent until {@link talk}. */
export function answerIn(page: Page, offer: string, config: RTCConfiguration = {}): Promise<string> {
  return page.evaluate(
    async ([sdp, configuration]) => {
      const peer = new RTCPeerConnection(configuration);
      const video = document.querySelector("video") as HTMLVideoElement;
      const stream = new MediaStream();
      peer.ontrack = ({ track }) => {
        stream.addTrack(track);
        video.srcObject = stream;
      };
      await peer.setRemoteDescription({ type: "offer", sdp });
      for (const transceiver of peer.getTransceivers()) {
        if (transceiver.receiver.track.kind === "audio") transceiver.direction = "sendrecv";
      }
      await peer.setLocalDescription(await peer.createAnswer());
      while (peer.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
      Object.assign(globalThis, { peer });
      return peer.localDescription?.sdp ?? "";
    },
    [offer, config] as const,
  );
}

/** A tone instead of a voice. */
export function talk(page: Page, hertz: number): Promise<void> {
  return page.evaluate(async (frequency) => {
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    const voice = context.createOscillator();
    voice.frequency.value = frequency;
    const out = context.createMediaStreamDestination();
    voice.connect(out);
    voice.start();
    const peer = (globalThis as unknown as { peer: RTCPeerConnection }).peer;
    const sender = peer.getTransceivers().find(({ receiver }) => receiver.track.kind === "audio")?.sender;
    await sender?.replaceTrack(out.stream.getAudioTracks()[0] ?? null);
  }, hertz);
}

export interface Seen {
  readonly state: string;
  readonly framesDecoded: number;
  readonly width: number;
  readonly codec: string;
  readonly audioEnergy: number;
  /** Kinds of the two candidates in use: here, there. */
  readonly path: readonly string[];
}

export function seenBy(page: Page): Promise<Seen> {
  return page.evaluate(async () => {
    const peer = (globalThis as unknown as { peer: RTCPeerConnection }).peer;
    const reports = [...(await peer.getStats()).values()] as Record<string, unknown>[];
    const inbound = (kind: string) => reports.find((report) => report.type === "inbound-rtp" && report.kind === kind);
    const transport = reports.find(({ type }) => type === "transport");
    const pair = reports.find(({ id }) => id === transport?.selectedCandidatePairId);
    const kindOf = (candidate: unknown): string[] =>
      reports.flatMap(({ id, candidateType }) => (id === candidate ? [String(candidateType)] : []));
    const codec = reports.find((report) => report.id === inbound("video")?.codecId);
    return {
      state: peer.connectionState,
      framesDecoded: Number(inbound("video")?.framesDecoded ?? 0),
      width: Number(inbound("video")?.frameWidth ?? 0),
      codec: typeof codec?.mimeType === "string" ? codec.mimeType : "",
      audioEnergy: Number(inbound("audio")?.totalAudioEnergy ?? 0),
      path: [...kindOf(pair?.localCandidateId), ...kindOf(pair?.remoteCandidateId)],
    };
  });
}

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  type MediaStreamTrack,
  RTCPeerConnection,
  RTCRtpHeaderExtensionParameters,
  type RtpPacket,
  useH264,
} from "werift";
import { PLAYOUT_DELAY_URI, WeriftPeer } from "../../src/device/live/werift-peer.ts";

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10:duration=2"];
const ENCODED = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-tune", "zerolatency"];
const STREAM = ["-f", "mpegts", "-omit_video_pes_length", "0", "pipe:1"];

/** A recorder's socket that gives one short film again and again: what comes before the viewer can decrypt is lost. */
async function recorderOf(film: Buffer): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "live-"));
  const server = createServer((viewer) => {
    const timer = setInterval(() => viewer.write(film), 100);
    viewer.on("error", () => {}).once("close", () => clearInterval(timer));
  });
  const path = join(folder, "live.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return path;
}

/** The first packets of the pictures that reach a viewer. */
async function firstPackets(extensions: readonly string[]): Promise<{ packets: RtpPacket[]; id: number | undefined }> {
  const film = execFileSync("ffmpeg", ["-nostdin", "-loglevel", "error", ...PICTURE, ...ENCODED, ...STREAM]);
  const plan = { streamSocket: await recorderOf(film), ffmpegPath: "ffmpeg", iceServers: [], sound: false };
  const transcodedSize = { width: 640, height: 360 };
  const door = new WeriftPeer(
    { ...plan, speaker: { kind: "off" }, transcodedSize },
    { connected: () => {}, ended: () => {} },
  );
  const viewer = new RTCPeerConnection({
    codecs: { video: [useH264({ mimeType: "video/H264" })] },
    headerExtensions: { video: extensions.map((uri) => new RTCRtpHeaderExtensionParameters({ uri })) },
  });
  onTestFinished(async () => {
    await door.close();
    await viewer.close();
  });
  const packets = new Promise<RtpPacket[]>((resolve) => {
    const seen: RtpPacket[] = [];
    const take = (track: MediaStreamTrack): void =>
      void track.onReceiveRtp.subscribe((packet) => {
        if (seen.at(-1)?.header.timestamp !== packet.header.timestamp) seen.push(packet);
        if (seen.length === 5) resolve(seen);
      });
    viewer.onTrack.subscribe(take);
  });
  const sdp = await door.offer();
  await viewer.setRemoteDescription({ type: "offer", sdp });
  await viewer.setLocalDescription(await viewer.createAnswer());
  await door.accept(viewer.localDescription?.sdp ?? "");
  const id = viewer.getTransceivers()[0]?.headerExtensions.find(({ uri }) => uri === PLAYOUT_DELAY_URI)?.id;
  return { packets: await packets, id };
}

test("each picture asks to be shown at once, where the viewer knows how", async () => {
  const { packets, id } = await firstPackets([PLAYOUT_DELAY_URI]);
  expect(id).toBeGreaterThan(0);
  for (const { header } of packets) expect(header.extensions).toEqual([{ id, payload: Buffer.of(0, 0, 0) }]);
});

test("a viewer who does not know that is sent nothing of it", async () => {
  const { packets } = await firstPackets([]);
  for (const { header } of packets) expect(header.extensions).toEqual([]);
});

import type { ChildProcess } from "node:child_process";
import { startFfmpeg } from "./ffmpeg-child.ts";
import type { SpeakerConfig } from "./live-config.ts";

/** Of a simulated speaker's file. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Where the voice comes out; null where there is no speaker. */
function speakerOutput(speaker: SpeakerConfig): readonly string[] | null {
  switch (speaker.kind) {
    case "off":
      return null;
    case "alsa":
      return ["-f", "alsa", speaker.device];
    case "simulated":
      return ["-fs", String(MOST_BYTES), "-flush_packets", "1", "-y", "-f", "s16le", speaker.file];
  }
}

const mono = ["-ac", "1", "-ar", "48000"];

/** Plays Opus that arrives as RTP on a local port. Returns null where there is no speaker. */
export function playRtp(
  ffmpegPath: string,
  speaker: SpeakerConfig,
  { port, payloadType }: { readonly port: number; readonly payloadType: number },
): ChildProcess | null {
  const output = speakerOutput(speaker);
  if (output === null) return null;
  const description = [
    "v=0",
    "o=- 0 0 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=audio ${port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} opus/48000/2`,
    "",
  ].join("\r\n");
  const input = ["-protocol_whitelist", "pipe,udp,rtp", "-fflags", "nobuffer", "-f", "sdp", "-i", "pipe:0"];
  const child = startFfmpeg(ffmpegPath, [...input, ...mono, ...output], ["pipe", "ignore", "ignore"], () => {});
  child.stdin?.on("error", () => {});
  child.stdin?.end(description);
  return child;
}

/** Plays raw 16-bit samples written to its stdin, channels interleaved. */
export function playSamples(
  ffmpegPath: string,
  speaker: SpeakerConfig,
  { rate, channels }: { readonly rate: number; readonly channels: number },
): ChildProcess | null {
  const output = speakerOutput(speaker);
  if (output === null) return null;
  const input = ["-fflags", "nobuffer", "-f", "s16le", "-ar", String(rate), "-ac", String(channels), "-i", "pipe:0"];
  const child = startFfmpeg(ffmpegPath, [...input, ...mono, ...output], ["pipe", "ignore", "ignore"], () => {});
  child.stdin?.on("error", () => {});
  return child;
}

import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { startFfmpeg } from "./ffmpeg-child.ts";

/** Packets of this size pass through any path without being cut up. */
const RTP_PACKET_BYTES = 1200;

/** The recorder's stream carries parameter sets at each key frame and one picture per PES packet: no searching, no waiting. */
const lowLatencyInput = (streamSocket: string): string[] => [
  ...["-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "100000", "-analyzeduration", "0"],
  ...["-f", "mpegts", "-i", `unix:${streamSocket}`],
];

const opus = [
  "-c:a",
  "libopus",
  "-b:a",
  "32k",
  "-application",
  "lowdelay",
  "-frame_duration",
  "20",
  "-ac",
  "2",
  "-ar",
  "48000",
];

export interface FeedSource {
  readonly streamSocket: string;
  readonly ffmpegPath: string;
  readonly sound: boolean;
}

/** Camera as RTP to two local ports: the picture as the camera encoded it, the sound as Opus. */
export function startRtpFeed(
  { streamSocket, ffmpegPath, sound }: FeedSource,
  ports: { readonly video: number; readonly audio: number },
  ended: () => void,
): ChildProcess {
  const target = (port: number): string => `rtp://127.0.0.1:${port}?pkt_size=${RTP_PACKET_BYTES}`;
  const output = ["-flush_packets", "1", "-f", "rtp"];
  const args = [
    ...lowLatencyInput(streamSocket),
    ...["-map", "0:v:0", "-c:v", "copy", ...output, target(ports.video)],
    ...(sound ? ["-map", "0:a:0?", ...opus, ...output, target(ports.audio)] : []),
  ];
  // ffmpeg prints a session description to stdout, which nobody needs.
  return startFfmpeg(ffmpegPath, args, "ignore", ended);
}

/** What the transcoding engine takes: I420 pictures of one size, 16-bit mono at 48 kHz. */
export const RAW_WIDTH = 640;
export const RAW_HEIGHT = 360;
export const RAW_RATE = 48_000;

export interface RawFeed {
  readonly process: ChildProcess;
  readonly pictures: Readable;
  readonly samples: Readable | null;
}

/** Camera decoded, for a viewer that shows no H.264. */
export function startRawFeed({ streamSocket, ffmpegPath, sound }: FeedSource, ended: () => void): RawFeed {
  const fit = `scale=${RAW_WIDTH}:${RAW_HEIGHT}:force_original_aspect_ratio=decrease,pad=${RAW_WIDTH}:${RAW_HEIGHT}:-1:-1`;
  const args = [
    ...lowLatencyInput(streamSocket),
    ...["-map", "0:v:0", "-vf", fit, "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"],
    ...(sound ? ["-map", "0:a:0?", "-ac", "1", "-ar", String(RAW_RATE), "-f", "s16le", "pipe:3"] : []),
  ];
  const process = startFfmpeg(ffmpegPath, args, ["ignore", "pipe", "ignore", "pipe"], ended);
  const [, pictures, , samples] = process.stdio;
  return { process, pictures: pictures as Readable, samples: sound ? (samples as Readable) : null };
}

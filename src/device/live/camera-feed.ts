import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { startFfmpeg } from "./ffmpeg-child.ts";

/** The recorder's stream carries parameter sets at each key frame and one picture per PES packet: no searching, no waiting. */
const lowLatencyInput = (streamSocket: string): string[] => [
  ...["-fflags", "nobuffer", "-flags", "low_delay", "-probesize", "100000", "-analyzeduration", "0"],
  ...["-f", "mpegts", "-i", `unix:${streamSocket}`],
];

/** Mono, as a doorbell hears; in pieces as long as Opus has them (RFC 6716, 3.2.5), since it is waking up that costs, not the sound. */
const opus = [
  ...["-c:a", "libopus", "-b:a", "32k", "-application", "lowdelay", "-compression_level", "0"],
  ...["-frame_duration", "120", "-ac", "1", "-ar", "48000"],
];

export interface FeedSource {
  readonly streamSocket: string;
  readonly ffmpegPath: string;
  readonly sound: boolean;
}

/** A program that does not take its sound is given no more until it does. */
const MOST_WAITING_BYTES = 64 * 1024;

/** The camera's AAC to Opus as RTP on a local port. */
export class SoundFeed {
  readonly process: ChildProcess;

  constructor(ffmpegPath: string, port: number, ended: () => void) {
    const input = [
      ...["-filter_threads", "1"], // by default as many as processors, which then wake each other for each piece
      ...["-fflags", "nobuffer", "-probesize", "2048", "-analyzeduration", "0", "-f", "aac", "-i", "pipe:0"],
    ];
    const output = ["-flush_packets", "1", "-f", "rtp", `rtp://127.0.0.1:${port}`];
    // ffmpeg prints a session description to stdout, which nobody needs.
    this.process = startFfmpeg(ffmpegPath, [...input, ...opus, ...output], ["pipe", "ignore", "ignore"], ended);
    this.process.stdin?.on("error", () => {});
  }

  /** @param frames - With ADTS headers. */
  push(frames: Buffer): void {
    const { stdin } = this.process;
    if (stdin !== null && stdin.writableLength < MOST_WAITING_BYTES) stdin.write(frames);
  }
}

/** What the transcoding engine takes: I420 pictures of one size, 16-bit mono at 48 kHz. */
export const RAW_RATE = 48_000;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface RawFeed {
  readonly process: ChildProcess;
  readonly pictures: Readable;
  readonly samples: Readable | null;
}

/** Camera decoded, for a viewer that shows no H.264. */
export function startRawFeed(
  { streamSocket, ffmpegPath, sound }: FeedSource,
  { width, height }: PictureSize,
  ended: () => void,
): RawFeed {
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:-1:-1`;
  const args = [
    ...lowLatencyInput(streamSocket),
    ...["-map", "0:v:0", "-vf", fit, "-pix_fmt", "yuv420p", "-f", "rawvideo", "pipe:1"],
    ...(sound ? ["-map", "0:a:0?", "-ac", "1", "-ar", String(RAW_RATE), "-f", "s16le", "pipe:3"] : []),
  ];
  const process = startFfmpeg(ffmpegPath, args, ["ignore", "pipe", "ignore", "pipe"], ended);
  const [, pictures, , samples] = process.stdio;
  return { process, pictures: pictures as Readable, samples: sound ? (samples as Readable) : null };
}

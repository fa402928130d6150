import { execFile } from "node:child_process";
import { RecorderError } from "../errors.ts";
import type { FfmpegInput } from "../ffmpeg-command.ts";
import type { CameraStreams } from "./camera-streams.ts";
import { soundCard } from "./sound-card.ts";
import type { ConfigFor } from "./sources.ts";
import { IN_PICTURE_ONLY } from "./sub-stream.ts";

/** A small board that has just been switched on takes its time; a camera that hangs answers never. */
const LISTS_WITHIN_MS = 15_000;

export type V4l2Format = "h264" | "mjpeg" | "raw";

export async function v4l2Streams(config: ConfigFor<"v4l2">): Promise<CameraStreams> {
  const { device, subDevice } = config.source;
  const format = bestFormat(await listFormats(config.ffmpegPath, device));
  const { width, height, framesPerSecond } = config.picture;
  const size = ["-video_size", `${width}x${height}`, "-framerate", String(framesPerSecond)];
  const inputs: FfmpegInput[] = [
    // `abs`: time of day instead of time since boot, as the sound card's.
    {
      options: ["-f", "v4l2", "-ts", "abs", ...(format === "raw" ? [] : ["-input_format", format]), ...size],
      source: device,
    },
  ];
  const card = soundCard(config, 1);
  if (card !== null) inputs.push(card.input);
  let motionMap = "0:v:0";
  if (config.motion.mode === "pixels" && subDevice !== null) {
    motionMap = `${inputs.length}:v:0`;
    inputs.push({ options: ["-f", "v4l2", "-ts", "abs", ...IN_PICTURE_ONLY], source: subDevice });
  }
  return {
    inputs,
    picture: { map: "0:v:0", isH264: format === "h264" },
    sound: card?.stream ?? null,
    motionMap,
    keepTimestamps: true,
    companion: null,
  };
}

/** Compressed by the camera is best: H.264 is copied; MJPEG at least crosses USB at full rate. */
export function bestFormat(listing: string): V4l2Format {
  if (/Compressed:\s+h264\b/.test(listing)) return "h264";
  if (/Compressed:\s+mjpeg\b/.test(listing)) return "mjpeg";
  return "raw";
}

/** ffmpeg prints the list as log lines and then ends with an error, always. */
function listFormats(ffmpegPath: string, device: string): Promise<string> {
  const list = ["-hide_banner", "-nostdin", "-f", "v4l2", "-list_formats", "all", "-i", device];
  return new Promise((resolve, reject) => {
    execFile(ffmpegPath, list, { timeout: LISTS_WITHIN_MS }, (error, _stdout, stderr) => {
      if (/Compressed:|Raw\s*:/.test(stderr)) resolve(stderr);
      else reject(new RecorderError("recorder/source", `the camera ${device} lists no formats`, { cause: error }));
    });
  });
}

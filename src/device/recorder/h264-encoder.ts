import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import type { H264Encoder } from "./capture-plan.ts";

/** bcm2835-codec's encoder on a Pi Zero 2 W, 3 and 4; a Pi 5 has none. */
const PI_ENCODER = "/dev/video11";
const TRIAL_MS = 10_000;

/** The hardware's encoder where it is there and really encodes, else ffmpeg's own at its cheapest. */
export async function chooseEncoder(ffmpegPath: string): Promise<H264Encoder> {
  if (!existsSync(PI_ENCODER)) return "libx264";
  const source = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10:duration=0.5", "-pix_fmt", "yuv420p"];
  const trial = ["-nostdin", "-loglevel", "error", ...source, "-c:v", "h264_v4l2m2m", "-f", "null", "-"];
  return new Promise((resolve) => {
    execFile(ffmpegPath, trial, { timeout: TRIAL_MS }, (error) => resolve(error === null ? "h264_v4l2m2m" : "libx264"));
  });
}

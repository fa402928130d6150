import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A flash and a beep begin together so often. */
export const PERIOD_SECONDS = 1;
const FRAMES_PER_SECOND = 10;
const FLASH_SECONDS = 0.3;

/** A dark picture that flashes and a silence that beeps, at the same moments. */
export async function makeFlashingFilm(path: string, seconds: number): Promise<void> {
  const during = `lt(mod(t\\,${PERIOD_SECONDS})\\,${FLASH_SECONDS})`;
  const picture = [
    `color=c=0x202020:size=320x180:rate=${FRAMES_PER_SECOND}`,
    `drawbox=c=white:t=fill:enable='${during}'`,
    "noise=alls=6:allf=t", // so that there are bytes to seal
  ].join();
  const sound = `aevalsrc='if(${during}\\,0.7*sin(2*PI*1000*t)\\,0)':s=48000`;
  await run("ffmpeg", [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-y"],
    ...["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", String(seconds)],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "5", "-b:v", "400k"],
    ...["-c:a", "aac", "-b:a", "64k", "-ac", "1", path],
  ]);
}

/** The same clip with its sound so much later: what the measurement has to notice. */
export async function delaySound(from: string, to: string, seconds: number): Promise<void> {
  const loud = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"];
  const inputs = ["-i", from, "-itsoffset", String(seconds), "-i", from];
  await run("ffmpeg", [...loud, ...inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", to]);
}

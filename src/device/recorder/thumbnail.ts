import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type FfmpegPaths, makeCommand } from "./ffmpeg-command.ts";

const WIDTH = 320;
const TIME_LIMIT_S = 10;
/**
 * The init segment says all there is to know: without the first two, ffmpeg would decode the fragment to find out, and then
 * once more. The loop filter only smooths what is made four times smaller anyway.
 */
const INPUT = [
  ...["-loglevel", "error", "-probesize", "32", "-analyzeduration", "0"],
  ...["-threads", "1", "-skip_loop_filter", "all", "-f", "mp4"],
];

/**
 * Makes a JPEG of a fragment's first picture, over pipes.
 * @param fragment - Overwritten when done.
 * @returns Null when ffmpeg cannot read it: a clip without thumbnail is still a clip.
 */
export async function makeThumbnail(
  paths: FfmpegPaths,
  init: Uint8Array,
  fragment: Uint8Array,
): Promise<Uint8Array | null> {
  const jpeg = new PassThrough();
  try {
    const done = new Promise<void>((resolve, reject) => {
      makeCommand(paths, { timeLimitS: TIME_LIMIT_S })
        .input(Readable.from([init, fragment], { objectMode: false }))
        .inputOptions(...INPUT)
        .outputOptions("-frames:v", "1", "-vf", `scale=${WIDTH}:-2:flags=area`, "-f", "mjpeg", "-q:v", "4")
        .once("error", reject)
        .once("end", () => resolve())
        .pipe(jpeg);
    });
    const [picture] = await Promise.all([buffer(jpeg), done]);
    return picture.length > 0 ? picture : null;
  } catch {
    return null;
  } finally {
    jpeg.destroy();
    fragment.fill(0);
  }
}

import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type FfmpegPaths, makeCommand } from "./ffmpeg-command.ts";

const WIDTH = 320;
const TIME_LIMIT_S = 10;

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
        .inputOptions("-loglevel", "error", "-threads", "1", "-f", "mp4")
        .outputOptions("-frames:v", "1", "-vf", `scale=${WIDTH}:-2`, "-f", "mjpeg", "-q:v", "4")
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

import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type FfmpegPaths, makeCommand } from "./ffmpeg-command.ts";

const WIDTH = 320;
const TIME_LIMIT_S = 10;
/** Found nowhere else in a JPEG of ffmpeg's: within its data a byte FF is followed by 00. */
const JPEG_START = Buffer.of(0xff, 0xd8, 0xff);
/**
 * The init segment says all there is to know: without the first two, ffmpeg would decode the fragment to find out, and then
 * once more. The loop filter only smooths what is made four times smaller anyway.
 */
const INPUT = [
  ...["-loglevel", "error", "-probesize", "32", "-analyzeduration", "0"],
  ...["-threads", "1", "-skip_loop_filter", "all", "-f", "mp4"],
];

export type WhichPicture = "first" | "last";

export interface Pictures {
  readonly init: Uint8Array;
  /** Overwritten when done. */
  readonly fragment: Uint8Array;
  readonly which: WhichPicture;
}

/**
 * Makes a JPEG of a fragment's first or last picture, over pipes.
 * @returns Null when ffmpeg cannot read it: a clip without thumbnail is still a clip.
 */
export async function makeThumbnail(
  paths: FfmpegPaths,
  { init, fragment, which }: Pictures,
): Promise<Uint8Array | null> {
  const jpeg = new PassThrough();
  try {
    const done = new Promise<void>((resolve, reject) => {
      makeCommand(paths, { timeLimitS: TIME_LIMIT_S })
        .input(Readable.from([init, fragment], { objectMode: false }))
        .inputOptions(...INPUT)
        .outputOptions(...(which === "first" ? ["-frames:v", "1"] : ["-fps_mode", "passthrough"]))
        .outputOptions("-vf", `scale=${WIDTH}:-2:flags=area`, "-f", "mjpeg", "-q:v", "4")
        .once("error", reject)
        .once("end", () => resolve())
        .pipe(jpeg);
    });
    const [pictures] = await Promise.all([buffer(jpeg), done]);
    const from = pictures.lastIndexOf(JPEG_START);
    return from < 0 ? null : pictures.subarray(from);
  } catch {
    return null;
  } finally {
    jpeg.destroy();
    fragment.fill(0);
  }
}

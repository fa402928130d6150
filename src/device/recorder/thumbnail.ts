import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Clock } from "../platform/clock.ts";
import { type FfmpegPaths, makeCommand } from "./ffmpeg-command.ts";

const WIDTH = 320;
const TIME_LIMIT_MS = 10_000;
const JPEG_START = Buffer.of(0xff, 0xd8, 0xff);
const JPEG_END = Buffer.of(0xff, 0xd9);
/**
 * The init segment says all there is to know: without the first two, ffmpeg would decode the fragment to find out, and then
 * once more. The loop filter only smooths what is made four times smaller anyway.
 */
const INPUT = [
  ...["-loglevel", "error", "-probesize", "32", "-analyzeduration", "0"],
  ...["-threads", "1", "-skip_loop_filter", "all", "-f", "mp4"],
];

/**
 * A JPEG of a fragment's first picture, by an ffmpeg of its own, over pipes.
 * @param fragment - Overwritten when done.
 * @returns Null when ffmpeg cannot read it: a clip without thumbnail is still a clip.
 */
export async function makeThumbnail(
  paths: FfmpegPaths,
  clock: Pick<Clock, "after">,
  init: Uint8Array,
  fragment: Uint8Array,
): Promise<Uint8Array | null> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const command = makeCommand(paths)
    .input(input)
    .inputOptions(...INPUT)
    .outputOptions("-frames:v", "1", "-vf", `scale=${WIDTH}:-2:flags=area`, "-f", "mjpeg", "-q:v", "4");
  const inTime = clock.after(TIME_LIMIT_MS, () => command.kill("SIGKILL"));
  // fluent-ffmpeg calls it an error when the process lives on for 20 ms after its last byte, as on a busy board: what counts
  // is whether the picture is whole.
  const ended = new Promise<void>((resolve) => {
    command
      .once("error", () => resolve())
      .once("end", () => resolve())
      .pipe(output);
  });
  input.write(init);
  input.end(fragment);
  try {
    const [jpeg] = await Promise.all([buffer(output), ended]);
    return jpeg.subarray(0, 3).equals(JPEG_START) && jpeg.subarray(-2).equals(JPEG_END) ? jpeg : null;
  } catch {
    return null;
  } finally {
    inTime();
    fragment.fill(0);
    output.destroy();
  }
}

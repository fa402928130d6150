import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import type ffmpeg from "fluent-ffmpeg";
import type { Clock } from "../platform/clock.ts";
import { type FfmpegPaths, makeCommand } from "./ffmpeg-command.ts";

const WIDTH = 320;
const TIME_LIMIT_MS = 10_000;
/** Found nowhere else in a JPEG of ffmpeg's: within its data a byte FF is followed by 00. */
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

export type WhichPicture = "first" | "last";

export interface Pictures {
  readonly init: Uint8Array;
  /** Overwritten when done. */
  readonly fragment: Uint8Array;
}

/**
 * One ffmpeg, which makes one JPEG of a fragment's first or last picture, over pipes. It waits for the fragment: where it was
 * started before, its libraries are loaded by then, which takes as long as the picture.
 */
export class ThumbnailProcess {
  readonly #clock: Pick<Clock, "after">;
  readonly #command: ffmpeg.FfmpegCommand;
  readonly #input = new PassThrough();
  readonly #jpeg: Promise<Uint8Array | null>;
  #hasEnded = false;

  constructor(paths: FfmpegPaths, which: WhichPicture, clock: Pick<Clock, "after">) {
    this.#clock = clock;
    this.#command = makeCommand(paths)
      .input(this.#input)
      .inputOptions(...INPUT)
      .outputOptions(...(which === "first" ? ["-frames:v", "1"] : ["-fps_mode", "passthrough"]))
      .outputOptions("-vf", `scale=${WIDTH}:-2:flags=area`, "-f", "mjpeg", "-q:v", "4");
    this.#jpeg = this.#run();
  }

  /** By itself, before it was given anything. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Once. @returns Null when ffmpeg cannot read it: a clip without thumbnail is still a clip. */
  async make({ init, fragment }: Pictures): Promise<Uint8Array | null> {
    const inTime = this.#clock.after(TIME_LIMIT_MS, () => this.#command.kill("SIGKILL"));
    this.#input.write(init);
    this.#input.end(fragment);
    try {
      return await this.#jpeg;
    } finally {
      inTime();
      fragment.fill(0);
    }
  }

  /** Settles when the process is gone. */
  async stop(): Promise<void> {
    this.#input.end(); // ends also one that is only being started
    this.#command.kill("SIGKILL");
    await this.#jpeg;
  }

  async #run(): Promise<Uint8Array | null> {
    const output = new PassThrough();
    try {
      // fluent-ffmpeg calls it an error when the process lives on for 20 ms after its last byte, as on a busy board: what
      // counts is whether a picture is whole.
      const ended = new Promise<void>((resolve) => {
        this.#command
          .once("error", () => resolve())
          .once("end", () => resolve())
          .pipe(output);
      });
      const [pictures] = await Promise.all([buffer(output), ended]);
      const from = pictures.lastIndexOf(JPEG_START);
      return from >= 0 && pictures.subarray(-2).equals(JPEG_END) ? pictures.subarray(from) : null;
    } catch {
      return null;
    } finally {
      this.#hasEnded = true;
      output.destroy();
    }
  }
}

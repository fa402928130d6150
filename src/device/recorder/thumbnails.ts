import type { Clock } from "../platform/clock.ts";
import type { FfmpegPaths } from "./ffmpeg-command.ts";
import { ThumbnailProcess, type WhichPicture } from "./thumbnail.ts";

/**
 * Pictures of one camera as JPEGs. Who rang is waited for by somebody: an ffmpeg stands ready for that, and costs nine
 * megabytes. What motion shows can wait for one of its own.
 */
export class Thumbnails {
  readonly #paths: FfmpegPaths;
  readonly #clock: Pick<Clock, "after">;
  /** Remembered as long as they run, so that {@link stop} leaves none behind. */
  readonly #underWay = new Set<Promise<unknown>>();
  #ready: ThumbnailProcess | null = null;
  #isPrepared = false;

  constructor(paths: FfmpegPaths, clock: Pick<Clock, "after">) {
    this.#paths = paths;
    this.#clock = clock;
  }

  /** From now on a process stands ready, until {@link stop}. */
  prepare(): void {
    this.#isPrepared = true;
    this.#ready ??= new ThumbnailProcess(this.#paths, "last", this.#clock);
  }

  /** @param fragment - Overwritten when done. @returns Null when none could be made. */
  async make(init: Uint8Array, fragment: Uint8Array, which: WhichPicture): Promise<Uint8Array | null> {
    const making = this.#processFor(which).make({ init, fragment });
    this.#underWay.add(making);
    try {
      return await making;
    } finally {
      this.#underWay.delete(making);
      if (this.#isPrepared) this.prepare(); // not before: loading it would take the processor from the picture
    }
  }

  /** Settles when no process is left. */
  async stop(): Promise<void> {
    this.#isPrepared = false;
    const ready = this.#ready;
    this.#ready = null;
    await Promise.all([ready?.stop(), ...this.#underWay]);
  }

  #processFor(which: WhichPicture): ThumbnailProcess {
    const ready = this.#ready;
    if (which === "last" && ready !== null) {
      this.#ready = null;
      if (!ready.hasEnded) return ready;
    }
    return new ThumbnailProcess(this.#paths, which, this.#clock);
  }
}

import type { Clock } from "../platform/clock.ts";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** A camera that has run for so long starts from the shortest delay again. */
const HEALTHY_AFTER_MS = 30_000;

/** How long to wait before ffmpeg is started again: doubling, until it has run well. */
export class RestartDelay {
  readonly #clock: Clock;
  #nextMs = FIRST_MS;
  #runningSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sawPicture(): void {
    this.#runningSinceMs ??= this.#clock.monotonicMs();
    if (this.#clock.monotonicMs() - this.#runningSinceMs >= HEALTHY_AFTER_MS) this.#nextMs = FIRST_MS;
  }

  next(): number {
    this.#runningSinceMs = undefined;
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * 2, LONGEST_MS);
    return delayMs;
  }
}

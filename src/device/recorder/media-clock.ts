import type { Clock } from "../platform/clock.ts";

/** Tells the media's time now: a fragment reaches us at the moment its last picture ends. */
export class MediaClock {
  readonly #clock: Clock;
  #endMs: number | undefined;
  #arrivedAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Where the last fragment of pictures ended: the picture after it begins here. */
  get pictureEndMs(): number | undefined {
    return this.#endMs;
  }

  sawPicture(endMs: number): void {
    this.#endMs = endMs;
    this.#arrivedAtMs = this.#clock.monotonicMs();
  }

  reset(): void {
    this.#endMs = undefined;
  }

  nowMs(): number | undefined {
    return this.#endMs === undefined ? undefined : this.#endMs + this.#clock.monotonicMs() - this.#arrivedAtMs;
  }
}

import type { Clock } from "../platform/clock.ts";
import type { LaneFragment } from "./lane-fragment.ts";

/** Tells the media's time now: a fragment reaches us at the moment its last picture ends. */
export class MediaClock {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #last: LaneFragment | undefined;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** Where the last fragment of pictures ended: the picture after it begins here. */
  get pictureEndMs(): number | undefined {
    return this.#last?.endMs;
  }

  sawPicture(fragment: LaneFragment): void {
    this.#last = fragment;
  }

  reset(): void {
    this.#last = undefined;
  }

  nowMs(): number | undefined {
    return this.#last === undefined ? undefined : this.#last.endMs + this.#clock.monotonicMs() - this.#last.arrivedAtMs;
  }
}

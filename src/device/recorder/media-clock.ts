import type { Clock } from "../platform/clock.ts";
import type { LaneFragment } from "./lane-fragment.ts";

/**
 * Tells the media's time now: a fragment reaches us at the moment its last picture ends, and the beginning of it all when
 * ffmpeg has its first picture. Until the first fragment is whole, with key frames far apart, that beginning is all there is.
 */
export class MediaClock {
  readonly #clock: Pick<Clock, "monotonicMs">;
  #last: LaneFragment | undefined;
  #beganAtMs: number | undefined;

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** Where the last fragment of pictures ended: the picture after it begins here. */
  get pictureEndMs(): number | undefined {
    return this.#last?.endMs ?? (this.#beganAtMs === undefined ? undefined : 0);
  }

  /** The lane of pictures begins. */
  begin(): void {
    this.#beganAtMs = this.#clock.monotonicMs();
  }

  sawPicture(fragment: LaneFragment): void {
    this.#last = fragment;
  }

  reset(): void {
    this.#last = undefined;
    this.#beganAtMs = undefined;
  }

  nowMs(): number | undefined {
    if (this.#last !== undefined) return this.#last.endMs + this.#clock.monotonicMs() - this.#last.arrivedAtMs;
    return this.#beganAtMs === undefined ? undefined : this.#clock.monotonicMs() - this.#beganAtMs;
  }
}

import type { LaneFragment } from "./lane-fragment.ts";

/** The last seconds of plain video, in RAM only. What falls out at the end is overwritten. */
export class PreRoll {
  readonly #keepMs: number;
  readonly #limitBytes: number;
  #fragments: LaneFragment[] = [];
  #byteLength = 0;
  #isHeld = false;

  constructor(keepMs: number, limitBytes: number) {
    this.#keepMs = keepMs;
    this.#limitBytes = limitBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Start of the first picture, in the media's time. */
  get startMs(): number | undefined {
    return this.#fragments.find(isVideo)?.startMs;
  }

  get pictures(): readonly LaneFragment[] {
    return this.#fragments.filter(isVideo);
  }

  /** While it is being found out whether something moved, only the bound in bytes lets go of anything. */
  setHeld(held: boolean): void {
    this.#isHeld = held;
  }

  push(fragment: LaneFragment): void {
    this.#fragments.push(fragment);
    this.#byteLength += fragment.byteLength;
    if (fragment.lane === "video" && !this.#isHeld) this.#trim(fragment.arrivedAtMs);
    while (this.#byteLength > this.#limitBytes && this.#fragments.length > 0) this.#dropFirst();
  }

  /** Hands over all that is held, oldest first, and is empty. */
  take(): LaneFragment[] {
    const taken = this.#fragments;
    this.#fragments = [];
    this.#byteLength = 0;
    return taken;
  }

  clear(): void {
    for (const fragment of this.take()) fragment.wipe();
  }

  /**
   * Drops the first pictures as long as the ones after them cover the pre-roll, with the sound before. Goes by the time
   * of arrival: a fragment of pictures begins when the one before it arrives, and so does its sound.
   */
  #trim(nowMs: number): void {
    for (;;) {
      const at = this.#fragments.findIndex(isVideo);
      const first = this.#fragments[at];
      if (first === undefined || nowMs - first.arrivedAtMs < this.#keepMs) return;
      if (this.#fragments.findLastIndex(isVideo) === at) return;
      for (const fragment of this.#fragments.splice(0, at + 1)) this.#forget(fragment);
    }
  }

  #dropFirst(): void {
    const first = this.#fragments.shift();
    if (first === undefined) return;
    // It may be the last one that came, whose end tells the media's time.
    void first.endMs;
    this.#forget(first);
  }

  #forget(fragment: LaneFragment): void {
    this.#byteLength -= fragment.byteLength;
    fragment.wipe();
  }
}

const isVideo = (fragment: LaneFragment): boolean => fragment.lane === "video";

import { wipeAll } from "./box-reader.ts";
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
    this.#byteLength += fragment.group.byteLength;
    if (fragment.lane === "video" && !this.#isHeld) this.#trim(fragment.startMs + fragment.durationMs);
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
    for (const fragment of this.take()) wipeAll(fragment.group.pieces);
  }

  /** Drops the first pictures as long as the ones after them cover the pre-roll, and the sound before the rest. */
  #trim(endMs: number): void {
    for (;;) {
      const [first, second] = this.#fragments.filter(isVideo);
      if (first === undefined || second === undefined || endMs - second.startMs < this.#keepMs) return;
      const isOld = (fragment: LaneFragment): boolean =>
        fragment === first || (!isVideo(fragment) && fragment.startMs < second.startMs);
      for (const fragment of this.#fragments) if (isOld(fragment)) this.#forget(fragment);
      this.#fragments = this.#fragments.filter((fragment) => !isOld(fragment));
    }
  }

  #dropFirst(): void {
    const first = this.#fragments.shift();
    if (first !== undefined) this.#forget(first);
  }

  #forget(fragment: LaneFragment): void {
    this.#byteLength -= fragment.group.byteLength;
    wipeAll(fragment.group.pieces);
  }
}

const isVideo = (fragment: LaneFragment): boolean => fragment.lane === "video";

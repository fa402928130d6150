import type { Cancel, Clock } from "../platform/clock.ts";

/** Connecting, probing and waiting for the first key frame may take this long. */
const FIRST_FRAME_MS = 15_000;
/** With a look every second and statistics every second, a stall is seen at most five seconds after the last frame. */
const STALL_MS = 3000;
const LOOK_EVERY_MS = 1000;

/**
 * Notices that frames no longer come, whatever ffmpeg itself thinks. Counts frames by ffmpeg's statistics, since a
 * long-GOP stream gives a fragment only every ten seconds; the other lanes by their bytes.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #onStall: () => void;
  readonly #lastSeenMs = new Map<string, number>();
  #startedAtMs = 0;
  #frames = 0;
  #framesAtMs: number | undefined;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, lanes: readonly string[], onStall: () => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    for (const lane of lanes) this.#lastSeenMs.set(lane, Number.POSITIVE_INFINITY);
  }

  start(): void {
    this.#startedAtMs = this.#clock.monotonicMs();
    this.#cancel = this.#clock.every(LOOK_EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
  }

  sawData(lane: string): void {
    if (this.#lastSeenMs.has(lane)) this.#lastSeenMs.set(lane, this.#clock.monotonicMs());
  }

  /** @param line - A line of ffmpeg's standard error, such as `frame=   46 fps= 15 q=-1.0 …`. */
  sawLine(line: string): void {
    const frames = Number(/^frame=\s*(\d+)/.exec(line)?.[1] ?? 0);
    if (frames <= this.#frames) return;
    this.#frames = frames;
    this.#framesAtMs = this.#clock.monotonicMs();
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#framesAtMs === undefined) {
      if (nowMs - this.#startedAtMs >= FIRST_FRAME_MS) this.#onStall();
      return;
    }
    const oldest = Math.min(this.#framesAtMs, ...this.#lastSeenMs.values());
    // A lane that never began counts from the first frame.
    const neverBegan = [...this.#lastSeenMs.values()].includes(Number.POSITIVE_INFINITY);
    if (nowMs - oldest > STALL_MS || (neverBegan && nowMs - this.#startedAtMs >= FIRST_FRAME_MS)) this.#onStall();
  }
}

import type { Cancel, Clock } from "../platform/clock.ts";

type StallClock = Pick<Clock, "monotonicMs" | "every">;

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
  readonly #clock: StallClock;
  readonly #onStall: () => void;
  readonly #lanes: ReadonlySet<string>;
  /** Lanes that have not begun. */
  readonly #awaited: Set<string>;
  readonly #lastSeenMs = new Map<string, number>();
  #startedAtMs = 0;
  #lookedAtMs = 0;
  #frames = 0;
  #framesAtMs: number | undefined;
  #cancel: Cancel | undefined;

  constructor(clock: StallClock, lanes: readonly string[], onStall: () => void) {
    this.#clock = clock;
    this.#onStall = onStall;
    this.#lanes = new Set(lanes);
    this.#awaited = new Set(lanes);
  }

  start(): void {
    this.#startedAtMs = this.#clock.monotonicMs();
    this.#lookedAtMs = this.#startedAtMs;
    this.#cancel = this.#clock.every(LOOK_EVERY_MS, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
  }

  sawData(lane: string): void {
    if (!this.#lanes.has(lane)) return;
    this.#awaited.delete(lane);
    this.#lastSeenMs.set(lane, this.#clock.monotonicMs());
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
    const sinceLookMs = nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    // We ourselves were held up: what ffmpeg wrote meanwhile is still to be read.
    if (sinceLookMs > 2 * LOOK_EVERY_MS) return;
    if (this.#framesAtMs === undefined || this.#awaited.size > 0) {
      if (nowMs - this.#startedAtMs >= FIRST_FRAME_MS) this.#onStall();
      return;
    }
    if (nowMs - Math.min(this.#framesAtMs, ...this.#lastSeenMs.values()) > STALL_MS) this.#onStall();
  }
}

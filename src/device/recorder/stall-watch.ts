import type { Cancel, Clock } from "../platform/clock.ts";

type StallClock = Pick<Clock, "after">;

/** Connecting, probing and waiting for the first key frame may take this long. */
const FIRST_SIGN_MS = 15_000;
/** With statistics every second and a half, a stall is seen at most five seconds after the last frame. */
const STALL_MS = 3300;
/** When we ourselves were held up, what was written meanwhile is read in this time, and counts. */
const SECOND_LOOK_MS = 100;

/**
 * Notices that frames no longer come, whatever ffmpeg itself thinks: by ffmpeg's count of frames, since a long-GOP
 * stream gives a fragment only every ten seconds, and by the bytes of the lanes. Costs nothing while all is well: a
 * deadline is moved on, no clock ticks.
 */
export class StallWatch {
  readonly #clock: StallClock;
  readonly #onStall: () => void;
  /** By what is awaited: the picture, and the lanes that must flow. */
  readonly #deadlines = new Map<string, Cancel>();
  readonly #lanes: readonly string[];
  #frames = 0;

  /** @param lanes - Lanes whose silence is a stall too, though pictures come. */
  constructor(clock: StallClock, lanes: readonly string[], onStall: () => void) {
    this.#clock = clock;
    this.#lanes = ["video", ...lanes];
    this.#onStall = onStall;
  }

  start(): void {
    for (const lane of this.#lanes) this.#expect(lane, FIRST_SIGN_MS);
  }

  stop(): void {
    for (const cancel of this.#deadlines.values()) cancel();
    this.#deadlines.clear();
  }

  sawData(lane: string): void {
    // ffmpeg 7 counts its first frames only after four seconds; until then silence says nothing.
    if (this.#deadlines.has(lane)) this.#expect(lane, this.#frames === 0 ? FIRST_SIGN_MS : STALL_MS);
  }

  /** @param line - A line of ffmpeg's standard error, such as `frame=   46 fps= 15 q=-1.0 …`. */
  sawLine(line: string): void {
    const frames = Number(/^frame=\s*(\d+)/.exec(line)?.[1] ?? 0);
    if (frames <= this.#frames) return;
    this.#frames = frames;
    this.sawData("video");
  }

  #expect(lane: string, withinMs: number): void {
    this.#deadlines.get(lane)?.();
    this.#deadlines.set(
      lane,
      this.#clock.after(withinMs, () => {
        this.#deadlines.set(lane, this.#clock.after(SECOND_LOOK_MS, this.#onStall));
      }),
    );
  }
}

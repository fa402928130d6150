import { type Cancel, type Clock, sleepWith } from "../../src/device/platform/clock.ts";

interface Timer {
  dueMs: number;
  readonly periodMs: number | null;
  readonly run: () => void;
}

/**
 * ONLY FOR TESTS: months in minutes. Time stands still but for leaps; a timer that falls due in a leap runs once at its end, as
 * on a machine that was asleep.
 */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(unixMs: number) {
    this.#startMs = unixMs;
    this.#nowMs = unixMs;
  }

  nowMs = (): number => this.#nowMs;
  nowSeconds = (): number => Math.floor(this.#nowMs / 1000);
  monotonicMs = (): number => this.#nowMs - this.#startMs;
  synced = (): boolean => true;

  after = (ms: number, run: () => void): Cancel => this.#add({ dueMs: this.#nowMs + ms, periodMs: null, run });
  atAfterNews = (dueMs: number, run: () => void): Cancel => this.after(dueMs - this.monotonicMs(), run);
  every = (ms: number, run: () => void): Cancel => this.#add({ dueMs: this.#nowMs + ms, periodMs: ms, run });
  sleep = (ms: number, signal?: AbortSignal): Promise<void> => sleepWith(this.after, ms, signal);

  /** Moves on, and runs what has fallen due, in the order in which it did. */
  leapTo(unixMs: number): void {
    if (unixMs < this.#nowMs) throw new RangeError("time does not go back");
    this.#nowMs = unixMs;
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= unixMs).toSorted((a, b) => a.dueMs - b.dueMs);
    for (const timer of due) {
      if (!this.#timers.has(timer)) continue;
      if (timer.periodMs === null) this.#timers.delete(timer);
      else timer.dueMs = unixMs + timer.periodMs;
      timer.run();
    }
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}

/** ONLY FOR TESTS: a clock that goes as the system's does, from another time on. */
export function clockFrom(unixMs: number, system: Clock): Clock {
  const aheadMs = unixMs - system.nowMs();
  return { ...system, synced: () => true, nowMs: () => system.nowMs() + aheadMs };
}

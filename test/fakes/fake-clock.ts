import { type Cancel, type Clock, sleepWith } from "../../src/device/platform/clock.ts";

interface Timer {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly run: () => void;
}

/** A clock that moves only when told to. 2026-01-01T00:00:00Z unless told otherwise; monotonic time starts at 0. */
export class FakeClock implements Clock {
  isSynced = true;
  #unixMs: number;
  #elapsedMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(unixMs = 1_767_225_600_000) {
    this.#unixMs = unixMs;
  }

  nowMs(): number {
    return this.#unixMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  synced(): boolean {
    return this.isSynced;
  }

  /** Wall-clock time jumps, as when a time server answers; timers and monotonic time do not notice. */
  jumpTo(unixMs: number): void {
    this.#unixMs = unixMs;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#add({ dueMs: this.#elapsedMs + Math.max(0, ms), periodMs: undefined, run });
  }

  atAfterNews(dueMs: number, run: () => void): Cancel {
    return this.after(dueMs - this.#elapsedMs, run);
  }

  every(ms: number, run: () => void): Cancel {
    return this.#add({ dueMs: this.#elapsedMs + ms, periodMs: ms, run });
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepWith((delayMs, run) => this.after(delayMs, run), ms, signal);
  }

  /** Runs every timer that falls due, in order, each followed by the promises it settles. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#nextUntil(endMs); next !== undefined; next = this.#nextUntil(endMs)) {
      this.#moveTo(next.dueMs);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.run();
      await settle();
    }
    this.#moveTo(endMs);
  }

  /** How many timers are still waiting: a part that has stopped should leave none. */
  get waiting(): number {
    return this.#timers.size;
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #nextUntil(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #moveTo(elapsedMs: number): void {
    this.#unixMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}

/** Lets promises settle that hang on each other: one turn of the event loop runs all of them. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

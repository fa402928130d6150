import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";

const WINDOW_MS = 60_000;
const LINES_PER_WINDOW = 5;

/**
 * Logs dropped input by code, at most five lines a minute for each code, so that a flood cannot fill the journal.
 * Codes are this program's own words, never a sender's, or they would grow without bound.
 */
export class DropLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts = new Map<string, { since: number; seen: number }>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  dropped(code: string): void {
    const now = this.#clock.monotonicMs();
    let count = this.#counts.get(code);
    if (count === undefined || now - count.since >= WINDOW_MS) {
      const hidden = count === undefined ? 0 : Math.max(0, count.seen - LINES_PER_WINDOW);
      if (hidden > 0) this.#log.warn("link input dropped", { code, notShown: hidden });
      count = { since: now, seen: 0 };
      this.#counts.set(code, count);
    }
    count.seen += 1;
    if (count.seen <= LINES_PER_WINDOW) this.#log.warn("link input dropped", { code });
  }
}

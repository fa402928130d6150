import { readU32, utf8 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Clock } from "../platform/clock.ts";

const MINUTE_MS = 60_000;
/** A wait is cut into pieces, so that a clock that is set meanwhile is noticed. */
const LONGEST_WAIT_MS = MINUTE_MS;
/** Later than this a fixed minute has been missed: fetching then would tell when the doorbell was started, or its clock set. */
const LATE_MS = 5_000;

/**
 * The minutes at which this doorbell fetches: the same all its life, spread over doorbells by its key, so that a register
 * sees neither when the house wakes up nor all houses at once.
 */
export class FixedMinutes {
  readonly #everyMs: number;
  readonly #offsetMs: number;

  /** @param everyMs - Whole minutes. */
  constructor(crypto: Crypto, deviceSeed: Uint8Array, everyMs: number) {
    const minutes = everyMs / MINUTE_MS;
    this.#everyMs = everyMs;
    this.#offsetMs = (readU32(crypto.hmac(deviceSeed, utf8("mirror minute")), 0) % minutes) * MINUTE_MS;
  }

  /** Unix milliseconds of the first such minute after `nowMs`. */
  after(nowMs: number): number {
    return Math.floor((nowMs - this.#offsetMs) / this.#everyMs + 1) * this.#everyMs + this.#offsetMs;
  }

  /**
   * Waits for the next minute that comes while the clock is right; a start, or a clock that is set, never brings one forward.
   * @throws The signal's reason when it aborts first.
   */
  async next(clock: Pick<Clock, "nowMs" | "synced" | "sleep">, signal: AbortSignal): Promise<void> {
    for (;;) {
      const dueMs = this.after(clock.nowMs());
      while (clock.nowMs() < dueMs) await clock.sleep(Math.min(dueMs - clock.nowMs(), LONGEST_WAIT_MS), signal);
      signal.throwIfAborted();
      if (clock.synced() && clock.nowMs() - dueMs <= LATE_MS) return;
    }
  }
}

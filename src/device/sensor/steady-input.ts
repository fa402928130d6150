import type { Cancel, Clock } from "../platform/clock.ts";
import type { InputPin, Level, OnLevel } from "./gpio-driver.ts";

export interface SteadyInputConfig {
  readonly glitchFilterMs: number;
  readonly debounceMs: number;
}

/**
 * Turns a pin that bounces and catches noise into one that changes when it means it: a level counts once it has lasted for the
 * glitch filter; then, for the debounce time, edges are ignored, and what the level is at the end has to last again.
 * How long a level has lasted is told by when its edges happened, not by when a busy event loop heard of them.
 */
export class SteadyInput {
  readonly #config: SteadyInputConfig;
  readonly #clock: Clock;
  readonly #onChange: OnLevel;
  readonly #onDoubt: () => void;
  #raw: Level;
  #steady: Level;
  /** Since when the level counts as being what it is. */
  #sinceMs = Number.NEGATIVE_INFINITY;
  #lockedUntilMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;
  #cancel: Cancel | undefined;

  /** @param onDoubt - The level differs, and it will be told only after the glitch filter whether that counts. */
  constructor(
    config: SteadyInputConfig,
    clock: Clock,
    pin: InputPin,
    onChange: OnLevel,
    onDoubt: () => void = () => {},
  ) {
    this.#config = config;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#onDoubt = onDoubt;
    this.#raw = pin.initial;
    this.#steady = pin.initial;
    pin.watch((level, atMs) => this.#edge(level, atMs));
  }

  get level(): Level {
    return this.#steady;
  }

  stop(): void {
    this.#cancel?.();
    this.#isStopped = true;
  }

  #edge(level: Level, atMs: number): void {
    if (this.#isStopped) return;
    // A press whose release is heard in the same breath has been one all the same.
    if (this.#raw !== this.#steady && atMs - this.#sinceMs >= this.#config.glitchFilterMs) this.#accept();
    this.#raw = level;
    this.#sinceMs = Math.max(atMs, this.#lockedUntilMs);
    this.#cancel?.();
    if (level === this.#steady) return;
    // A pulse that is long over must not be taken for a press by a loop that was too busy to hear of its end.
    const dueMs = this.#sinceMs + this.#config.glitchFilterMs;
    this.#cancel = this.#clock.atAfterNews(dueMs, () => this.#accept());
    this.#onDoubt();
  }

  #accept(): void {
    this.#cancel?.();
    this.#steady = this.#raw;
    const atMs = this.#sinceMs + this.#config.glitchFilterMs;
    this.#lockedUntilMs = atMs + this.#config.debounceMs;
    this.#onChange(this.#steady, atMs);
  }
}

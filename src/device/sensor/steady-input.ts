import type { Cancel, Clock } from "../platform/clock.ts";
import type { InputPin, Level } from "./gpio-driver.ts";

export interface SteadyInputConfig {
  readonly glitchFilterMs: number;
  readonly debounceMs: number;
}

/**
 * Turns a pin that bounces and catches noise into one that changes when it means it: a level counts once it has lasted for the
 * glitch filter; then, for the debounce time, edges are ignored, and what the level is at the end has to last again.
 */
export class SteadyInput {
  readonly #config: SteadyInputConfig;
  readonly #clock: Clock;
  readonly #onChange: (level: Level) => void;
  #raw: Level;
  #steady: Level;
  #lockedUntilMs = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;

  constructor(config: SteadyInputConfig, clock: Clock, pin: InputPin, onChange: (level: Level) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#raw = pin.initial;
    this.#steady = pin.initial;
    pin.watch((level) => this.#edge(level));
  }

  get level(): Level {
    return this.#steady;
  }

  stop(): void {
    this.#cancel?.();
    this.#lockedUntilMs = Number.POSITIVE_INFINITY;
  }

  #edge(level: Level): void {
    this.#raw = level;
    if (this.#clock.monotonicMs() >= this.#lockedUntilMs) this.#consider();
  }

  #consider(): void {
    this.#cancel?.();
    if (this.#raw === this.#steady) return;
    // A pulse that is long over must not be taken for a press by a loop that was too busy to hear of its end.
    this.#cancel = this.#clock.afterNews(this.#config.glitchFilterMs, () => this.#accept());
  }

  #accept(): void {
    this.#steady = this.#raw;
    this.#lockedUntilMs = this.#clock.monotonicMs() + this.#config.debounceMs;
    this.#cancel = this.#clock.after(this.#config.debounceMs, () => this.#consider());
    this.#onChange(this.#steady);
  }
}

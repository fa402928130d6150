import type { Cancel, Clock } from "../platform/clock.ts";
import type { Level, OutputPin } from "./gpio-driver.ts";

/** Lit and dark spans in turn, beginning with lit, in milliseconds, over and over. */
export type Blink = readonly number[];
export type LedPattern = "off" | "on" | Blink;

/** Shows one pattern at a time. */
export class Led {
  readonly #clock: Clock;
  readonly #pin: OutputPin | null;
  #pattern: LedPattern = "off";
  #cancel: Cancel | undefined;

  constructor(clock: Clock, pin: OutputPin | null) {
    this.#clock = clock;
    this.#pin = pin;
  }

  show(pattern: LedPattern): void {
    if (pattern === this.#pattern) return;
    this.#pattern = pattern;
    this.#cancel?.();
    if (typeof pattern === "string") this.#pin?.set(pattern === "on" ? 1 : 0);
    else this.#step(pattern, 0);
  }

  #step(spans: Blink, index: number): void {
    const level: Level = index % 2 === 0 ? 1 : 0;
    this.#pin?.set(level);
    this.#cancel = this.#clock.after(spans[index] ?? 0, () => this.#step(spans, (index + 1) % spans.length));
  }
}

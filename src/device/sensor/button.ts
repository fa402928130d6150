import type { Cancel, Clock } from "../platform/clock.ts";
import type { InputPin } from "./gpio-driver.ts";
import type { ButtonConfig } from "./sensor-config.ts";
import { SteadyInput } from "./steady-input.ts";

export interface ButtonEvents {
  readonly pressed: () => void;
  readonly released: (heldMs: number) => void;
  /** Once per press, when it has lasted for longer than a person holds a button. */
  readonly stuck: (heldMs: number) => void;
}

/** A button that is down when it is opened has not been pressed: it counts from its release on. */
export class Button {
  readonly #config: ButtonConfig;
  readonly #clock: Clock;
  readonly #events: ButtonEvents;
  readonly #input: SteadyInput;
  #pressedAtMs: number | undefined;
  #cancelStuck: Cancel | undefined;

  constructor(config: ButtonConfig, clock: Clock, pin: InputPin, events: ButtonEvents) {
    this.#config = config;
    this.#clock = clock;
    this.#events = events;
    this.#input = new SteadyInput(config, clock, pin, (level) => (level === 1 ? this.#press() : this.#release()));
    if (this.#input.level === 1) this.#awaitStuck();
  }

  stop(): void {
    this.#input.stop();
    this.#cancelStuck?.();
  }

  #press(): void {
    this.#pressedAtMs = this.#clock.monotonicMs();
    this.#awaitStuck();
    this.#events.pressed();
  }

  #release(): void {
    this.#cancelStuck?.();
    const pressedAtMs = this.#pressedAtMs;
    this.#pressedAtMs = undefined;
    if (pressedAtMs !== undefined) this.#events.released(this.#clock.monotonicMs() - pressedAtMs);
  }

  #awaitStuck(): void {
    const { stuckAfterMs } = this.#config;
    this.#cancelStuck = this.#clock.after(stuckAfterMs, () => this.#events.stuck(stuckAfterMs));
  }
}

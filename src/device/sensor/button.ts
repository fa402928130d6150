import type { Cancel, Clock } from "../platform/clock.ts";
import type { InputPin, Level } from "./gpio-driver.ts";
import type { ButtonConfig } from "./sensor-config.ts";
import { SteadyInput } from "./steady-input.ts";

export interface ButtonEvents {
  /** A press or a release may come of it. */
  readonly touched?: () => void;
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
    const onChange = (level: Level, atMs: number): void => (level === 1 ? this.#press(atMs) : this.#release(atMs));
    this.#input = new SteadyInput(config, clock, pin, onChange, events.touched);
    if (this.#input.level === 1) this.#awaitStuck();
  }

  stop(): void {
    this.#input.stop();
    this.#cancelStuck?.();
  }

  #press(atMs: number): void {
    this.#pressedAtMs = atMs;
    this.#awaitStuck();
    this.#events.pressed();
  }

  #release(atMs: number): void {
    this.#cancelStuck?.();
    const pressedAtMs = this.#pressedAtMs;
    this.#pressedAtMs = undefined;
    if (pressedAtMs !== undefined) this.#events.released(atMs - pressedAtMs);
  }

  #awaitStuck(): void {
    const { stuckAfterMs } = this.#config;
    this.#cancelStuck = this.#clock.after(stuckAfterMs, () => this.#events.stuck(stuckAfterMs));
  }
}

import type { Cancel, Clock } from "../platform/clock.ts";
import type { InputPin } from "./gpio-driver.ts";
import { SteadyInput, type SteadyInputConfig } from "./steady-input.ts";

/** A sensor that stays active sees motion all the while; said anew this often, so that a recording goes on. */
export const MOTION_GOES_ON_MS = 5000;

/** A sensor that is active when it is opened is warming up: it counts from its next start on. */
export class Pir {
  readonly #clock: Clock;
  readonly #onMotion: () => void;
  readonly #input: SteadyInput;
  #cancelRepeat: Cancel | undefined;

  constructor(config: SteadyInputConfig, clock: Clock, pin: InputPin, onMotion: () => void) {
    this.#clock = clock;
    this.#onMotion = onMotion;
    this.#input = new SteadyInput(config, clock, pin, (level) =>
      level === 1 ? this.#begin() : this.#cancelRepeat?.(),
    );
  }

  stop(): void {
    this.#input.stop();
    this.#cancelRepeat?.();
  }

  #begin(): void {
    this.#cancelRepeat?.();
    this.#cancelRepeat = this.#clock.every(MOTION_GOES_ON_MS, this.#onMotion);
    this.#onMotion();
  }
}

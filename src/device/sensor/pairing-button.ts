import type { Cancel, Clock } from "../platform/clock.ts";
import { Button } from "./button.ts";
import type { InputPin } from "./gpio-driver.ts";
import type { PairingButtonConfig } from "./sensor-config.ts";

export interface PairingButtonEvents {
  readonly pairingRequested: () => void;
  /** Holding on leads to a factory reset: the time to show it, and for the finger to think again. */
  readonly resetNear: (near: boolean) => void;
  readonly factoryResetRequested: () => void;
  readonly stuck: (heldMs: number) => void;
}

/** From this part of the hold on, a release does nothing: neither pairing nor reset. */
const WARNED_PART = 1 / 3;

/**
 * The button inside: a short press opens pairing on its release; held for the whole time, it resets.
 * A button that is jammed when the power comes on resets nothing.
 */
export class PairingButton {
  readonly #config: PairingButtonConfig;
  readonly #clock: Clock;
  readonly #events: PairingButtonEvents;
  readonly #button: Button;
  #timers: readonly Cancel[] = [];

  constructor(config: PairingButtonConfig, clock: Clock, pin: InputPin, events: PairingButtonEvents) {
    this.#config = config;
    this.#clock = clock;
    this.#events = events;
    this.#button = new Button({ ...config, stuckAfterMs: config.resetHoldMs + config.stuckAfterMs }, clock, pin, {
      pressed: () => this.#pressed(),
      released: (heldMs) => this.#released(heldMs),
      stuck: events.stuck,
    });
  }

  stop(): void {
    this.#button.stop();
    this.#cancelTimers();
  }

  #pressed(): void {
    const { resetHoldMs } = this.#config;
    this.#timers = [
      this.#clock.after(resetHoldMs * WARNED_PART, () => this.#events.resetNear(true)),
      this.#clock.after(resetHoldMs, () => {
        this.#events.resetNear(false);
        this.#events.factoryResetRequested();
      }),
    ];
  }

  #released(heldMs: number): void {
    this.#cancelTimers();
    const { pressMs, resetHoldMs } = this.#config;
    if (heldMs >= resetHoldMs) return;
    if (heldMs >= resetHoldMs * WARNED_PART) this.#events.resetNear(false);
    else if (heldMs >= pressMs) this.#events.pairingRequested();
  }

  #cancelTimers(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
  }
}

import type { Clock } from "../platform/clock.ts";
import type { GpioDriver, InputPin, Level, OnLevel, OutputPin } from "./gpio-driver.ts";
import { INPUT_PINS, type InputName, OUTPUT_PINS, type OutputName } from "./sensor-config.ts";

/** Pins without hardware: tests and `doorward simulate` are the fingers, and read what is lit. */
export class SimulatedDriver implements GpioDriver {
  readonly #clock: Clock;
  readonly #inputs = new Map<InputName, Level>(INPUT_PINS.map((name) => [name, 0]));
  readonly #outputs = new Map<OutputName, Level>(OUTPUT_PINS.map((name) => [name, 0]));
  readonly #watchers = new Map<InputName, OnLevel>();
  readonly #lapses = new Map<OutputName, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async start(): Promise<void> {}

  async input(name: InputName): Promise<InputPin> {
    return {
      initial: this.level(name),
      watch: (onLevel) => void this.#watchers.set(name, onLevel),
    };
  }

  async output(name: OutputName): Promise<OutputPin> {
    this.#outputs.set(name, 0);
    return {
      set: (level, lapseMs) => {
        this.#lapses.get(name)?.();
        this.#outputs.set(name, level);
        if (level === 1 && lapseMs !== undefined) {
          this.#lapses.set(
            name,
            this.#clock.after(lapseMs, () => void this.#outputs.set(name, 0)),
          );
        }
      },
    };
  }

  letGo(): null {
    return null;
  }

  async stop(): Promise<void> {
    for (const cancel of this.#lapses.values()) cancel();
    for (const name of OUTPUT_PINS) this.#outputs.set(name, 0);
  }

  level(name: InputName | OutputName): Level {
    return this.#inputs.get(name as InputName) ?? this.#outputs.get(name as OutputName) ?? 0;
  }

  setLevel(name: InputName, level: Level): void {
    if (this.level(name) === level) return;
    this.#inputs.set(name, level);
    this.#watchers.get(name)?.(level, this.#clock.monotonicMs());
  }

  /** Active for a while, then not. */
  press(name: InputName, ms: number): void {
    this.setLevel(name, 1);
    this.#clock.after(ms, () => this.setLevel(name, 0));
  }
}

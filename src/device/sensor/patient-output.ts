import type { Cancel, Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import { SensorError, sensorErrors } from "./errors.ts";
import type { GpioDriver, Level, OutputPin } from "./gpio-driver.ts";
import type { OutputName } from "./sensor-config.ts";

/** At boot udev gives a pin to its group a moment after it has appeared. */
const SOON_MS = 2000;
const SOON_ATTEMPTS = 3;
const LATER_MS = 60_000;

export interface PatientPorts {
  readonly driver: Pick<GpioDriver, "output">;
  readonly clock: Pick<Clock, "after">;
  readonly log: Log;
  /** Told whenever it becomes refused or open. */
  readonly onRefused: (name: OutputName, isRefused: boolean) => void;
}

/** An output that is opened when it can be: a lamp that something else holds must not cost the bell. */
export class PatientOutput implements OutputPin {
  readonly #name: OutputName;
  readonly #ports: PatientPorts;
  #pin: OutputPin | null = null;
  #level: Level = 0;
  #attempts = 0;
  #cancel: Cancel | undefined;
  #isStopped = false;

  private constructor(name: OutputName, ports: PatientPorts) {
    this.#name = name;
    this.#ports = ports;
  }

  /** Settles after the first attempt. Null: not connected. @throws What is no refusal. */
  static async open(name: OutputName, ports: PatientPorts): Promise<PatientOutput | null> {
    const output = new PatientOutput(name, ports);
    return (await output.#attempt()) ? output : null;
  }

  set(level: Level, lapseMs?: number): void {
    // What lapses by itself, a pull of the relay, is not made up for later.
    this.#level = lapseMs === undefined ? level : 0;
    this.#pin?.set(level, lapseMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** @returns Whether there is such an output. */
  async #attempt(): Promise<boolean> {
    const { driver, onRefused } = this.#ports;
    this.#attempts += 1;
    try {
      this.#pin = await driver.output(this.#name);
    } catch (error) {
      if (!(error instanceof SensorError) || error.code !== "gpio/pin-refused") throw error;
      this.#refused(error);
      return true;
    }
    if (this.#pin === null) return false;
    if (this.#attempts > 1) {
      onRefused(this.#name, false);
      if (this.#level === 1) this.#pin.set(1);
    }
    return true;
  }

  #refused({ code }: SensorError): void {
    const { clock, log, onRefused } = this.#ports;
    if (this.#attempts === SOON_ATTEMPTS) {
      log.error("output pin refused", { pin: this.#name, code, todo: sensorErrors["gpio/pin-refused"] });
      onRefused(this.#name, true);
    }
    this.#cancel = clock.after(this.#attempts < SOON_ATTEMPTS ? SOON_MS : LATER_MS, () => {
      if (!this.#isStopped) void this.#attempt().catch(() => {});
    });
  }
}

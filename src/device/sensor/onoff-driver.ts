import { join } from "node:path";
import type { Gpio } from "onoff";
import type { Log } from "../platform/logger.ts";
import { SensorError } from "./errors.ts";
import type { GpioDriver, InputPin, Level, OutputPin } from "./gpio-driver.ts";
import { sysfsHeaderBase } from "./header-chip.ts";
import { LapseGuard } from "./lapse-guard.ts";
import type { InputName, OutputName, PinAssignment, Pins } from "./sensor-config.ts";

export interface OnoffPorts {
  readonly log: Log;
  readonly sysRoot?: string;
  /** Loaded at start only: it carries a compiled part that machines without header do not need. */
  readonly load?: () => Promise<Pick<typeof import("onoff"), "Gpio">>;
}

/** Pins over sysfs by way of `onoff`. Pulls are not sysfs's business: firmware sets them (`firmware/board/`). */
export class OnoffDriver implements GpioDriver {
  readonly #pins: Pins;
  readonly #log: Log;
  readonly #sysRoot: string;
  readonly #load: NonNullable<OnoffPorts["load"]>;
  readonly #opened: Gpio[] = [];
  readonly #outputs: Gpio[] = [];
  readonly #guard: LapseGuard;
  #base = 0;

  constructor(pins: Pins, { log, sysRoot = "/sys", load = loadOnoff }: OnoffPorts) {
    this.#pins = pins;
    this.#log = log;
    this.#sysRoot = sysRoot;
    this.#load = load;
    this.#guard = new LapseGuard((error) => this.#log.error("output guard failed", { code: codeOf(error) }));
  }

  async start(): Promise<void> {
    this.#base = await sysfsHeaderBase(this.#sysRoot);
  }

  async input(name: InputName): Promise<InputPin | null> {
    const pin = this.#pins[name];
    if (pin === undefined) return null;
    const gpio = await this.#open(pin, "in");
    return {
      initial: gpio.readSync(),
      watch: (onLevel) => {
        gpio.watch((error, level) => {
          if (error) this.#log.error("input pin failed", { pin: name, code: codeOf(error) });
          else onLevel(level, performance.now()); // sysfs says what, not when
        });
      },
    };
  }

  async output(name: OutputName): Promise<OutputPin | null> {
    const pin = this.#pins[name];
    if (pin === undefined) return null;
    const gpio = await this.#open(pin, "out");
    this.#outputs.push(gpio);
    this.#write(gpio, 0);
    if (name === "chime") this.#guard.prepare();
    return {
      set: (level, lapseMs) => {
        // `active_low` makes 0 mean "off" for the guard too.
        if (level === 1 && lapseMs !== undefined) this.#guard.letGoAfter(this.#valueFile(pin), lapseMs);
        this.#write(gpio, level);
      },
    };
  }

  letGo(name: OutputName): string | null {
    const pin = this.#pins[name];
    return pin === undefined ? null : `echo 0 >'${this.#valueFile(pin)}'`;
  }

  async stop(): Promise<void> {
    this.#guard.stop();
    for (const gpio of this.#outputs.splice(0)) this.#write(gpio, 0);
    // Outputs stay exported: an unexported pin may float, and a relay behind it with it.
    for (const gpio of this.#opened.splice(0)) gpio.unwatchAll();
  }

  async #open(pin: PinAssignment, direction: "in" | "out"): Promise<Gpio> {
    const { Gpio } = await this.#load();
    try {
      const number = this.#base + pin.bcm;
      const options = { activeLow: pin.activeLow };
      // "high" and "low" are voltages: the one that means off, so that a relay does not click when its pin becomes an output.
      const off = pin.activeLow ? "high" : "low";
      const gpio =
        direction === "in" ? new Gpio(number, "in", "both", options) : new Gpio(number, off, "none", options);
      this.#opened.push(gpio);
      return gpio;
    } catch (cause) {
      throw new SensorError(
        "gpio/pin-refused",
        `BCM ${pin.bcm} (sysfs ${this.#base + pin.bcm}) cannot be opened: ${codeOf(cause)}`,
        { cause },
      );
    }
  }

  #valueFile({ bcm }: PinAssignment): string {
    return join(this.#sysRoot, "class/gpio", `gpio${this.#base + bcm}`, "value");
  }

  #write(gpio: Gpio, level: Level): void {
    try {
      gpio.writeSync(level);
    } catch (error) {
      this.#log.error("output pin failed", { code: codeOf(error) });
    }
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** By its default export: that is all which a CommonJS package has in the bundled program. */
async function loadOnoff(): Promise<Pick<typeof import("onoff"), "Gpio">> {
  return (await import("onoff")).default;
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import { SensorError } from "./errors.ts";
import type { GpioDriver, InputPin, Level, OnLevel, OutputPin } from "./gpio-driver.ts";
import {
  edgeIn,
  type GpiodLine,
  type GpiodMajor,
  gpiodMajorIn,
  monitorArguments,
  readArguments,
  tryArguments,
} from "./gpiod-flags.ts";
import { GpiodOutput } from "./gpiod-output.ts";
import { headerChipIn } from "./header-chip.ts";
import type { InputName, OutputName, PinAssignment, Pins } from "./sensor-config.ts";

const run = promisify(execFile);
const ANSWER_WITHIN_MS = 5000;
/** Between a gpiomon that ended and the next. */
const AGAIN_AFTER_MS = 1000;

/** Pins over the programs of Debian's `gpiod`, one child per input, for kernels without sysfs GPIO. */
export class GpiodDriver implements GpioDriver {
  readonly #pins: Pins;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #monitors = new Set<ChildProcess>();
  readonly #outputs: GpiodOutput[] = [];
  /** Both are the kernel's CLOCK_MONOTONIC, one of them from the start of this process on. */
  readonly #kernelAheadMs: number;
  #major: GpiodMajor = 2;
  #chip = "";
  #stopped = false;

  constructor(pins: Pins, ports: { readonly clock: Clock; readonly log: Log }) {
    this.#pins = pins;
    this.#clock = ports.clock;
    this.#kernelAheadMs = Number(process.hrtime.bigint()) / 1e6 - ports.clock.monotonicMs();
    this.#log = ports.log;
  }

  async start(): Promise<void> {
    this.#major = gpiodMajorIn(await this.#answer("gpiomon", ["--version"]));
    this.#chip = headerChipIn(await this.#answer("gpiodetect", []));
  }

  async input(name: InputName): Promise<InputPin | null> {
    const pin = this.#pins[name];
    if (pin === undefined) return null;
    // A button to ground needs a pull-up; a PIR drives its line by itself.
    const line: GpiodLine = { chip: this.#chip, pin, pull: pin.activeLow ? "pull-up" : "as-is" };
    const initial: Level =
      (await this.#answer("gpioget", readArguments(this.#major, line), pin)).trim() === "1" ? 1 : 0;
    return { initial, watch: (onLevel) => this.#monitor(name, line, onLevel) };
  }

  async output(name: OutputName): Promise<OutputPin | null> {
    const pin = this.#pins[name];
    if (pin === undefined) return null;
    const line: GpiodLine = { chip: this.#chip, pin, pull: "as-is" };
    await this.#answer("gpioset", tryArguments(this.#major, line, 0), pin);
    const output = new GpiodOutput(this.#major, line, this.#log);
    this.#outputs.push(output);
    output.set(0);
    return output;
  }

  letGo(name: OutputName): string | null {
    const pin = this.#pins[name];
    if (pin === undefined) return null;
    return ["gpioset", ...tryArguments(this.#major, { chip: this.#chip, pin, pull: "as-is" }, 0)].join(" ");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const ends = [...this.#monitors].map((child) => {
      child.kill();
      return child.exitCode === null && child.signalCode === null ? once(child, "close") : undefined;
    });
    await Promise.all([...ends, ...this.#outputs.splice(0).map((output) => output.stop())]);
  }

  #monitor(name: InputName, line: GpiodLine, onLevel: OnLevel): void {
    const child = spawn("gpiomon", monitorArguments(this.#major, line), { stdio: ["ignore", "pipe", "ignore"] });
    this.#monitors.add(child);
    createInterface(child.stdout).on("line", (text) => {
      const { level, atMs } = edgeIn(text);
      const [changedMs, nowMs] = [atMs - this.#kernelAheadMs, this.#clock.monotonicMs()];
      const isPast = changedMs <= nowMs; // kernels before 5.7 give the time of day, and what is printed may be no number
      onLevel(level, isPast ? changedMs : nowMs);
    });
    child.on("error", () => {});
    child.on("close", (code) => {
      this.#monitors.delete(child);
      if (this.#stopped) return;
      this.#log.warn("gpiomon ended, starting it again", { pin: name, code: code ?? "killed" });
      this.#clock.after(AGAIN_AFTER_MS, () => {
        if (!this.#stopped) this.#monitor(name, line, onLevel);
      });
    });
  }

  async #answer(program: string, args: readonly string[], pin?: PinAssignment): Promise<string> {
    try {
      return (await run(program, [...args], { timeout: ANSWER_WITHIN_MS })).stdout;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT") throw new SensorError("gpio/no-programs", `${program} is not installed`, { cause });
      throw new SensorError(
        "gpio/pin-refused",
        `${pin === undefined ? program : `BCM ${pin.bcm}`}: ${message.trim()}`,
        { cause },
      );
    }
  }
}

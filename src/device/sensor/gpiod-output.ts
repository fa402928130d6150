import { type ChildProcess, spawn } from "node:child_process";
import type { Log } from "../platform/logger.ts";
import { sensorErrors } from "./errors.ts";
import type { Level, OutputPin } from "./gpio-driver.ts";
import { type GpiodLine, type GpiodMajor, holdArguments } from "./gpiod-flags.ts";

/**
 * A level lasts as long as the gpioset that holds it, so each change ends one child and starts the next; a line has one holder only.
 * Of changes that come while a child is ending, the last one counts.
 */
export class GpiodOutput implements OutputPin {
  readonly #major: GpiodMajor;
  readonly #line: GpiodLine;
  readonly #log: Log;
  #holder: ChildProcess | undefined;
  #wanted: { readonly level: Level; readonly lapseMs: number | undefined } = { level: 0, lapseMs: undefined };
  #stopped = false;
  #onEnd: (() => void) | undefined;

  constructor(major: GpiodMajor, line: GpiodLine, log: Log) {
    this.#major = major;
    this.#line = line;
    this.#log = log;
  }

  set(level: Level, lapseMs?: number): void {
    if (this.#stopped) return;
    this.#wanted = { level, lapseMs };
    if (this.#holder === undefined) this.#hold();
    else this.#holder.kill();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    const holder = this.#holder;
    if (holder === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      holder.kill();
    });
  }

  #hold(): void {
    const { level, lapseMs } = this.#wanted;
    // What lapses is not held anew when its child ends.
    if (lapseMs !== undefined) this.#wanted = { level: 0, lapseMs: undefined };
    const child = spawn("gpioset", holdArguments(this.#major, this.#line, level, lapseMs), { stdio: "ignore" });
    this.#holder = child;
    child.on("error", () => {});
    child.on("close", (code) => this.#ended(code));
  }

  #ended(code: number | null): void {
    this.#holder = undefined;
    this.#onEnd?.();
    if (this.#stopped) return;
    if (code !== null && code !== 0) {
      this.#log.error("gpioset failed", { bcm: this.#line.pin.bcm, code, todo: sensorErrors["gpio/pin-refused"] });
    } else this.#hold();
  }
}

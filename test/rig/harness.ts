import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quoted } from "./shell.ts";
import type { Ssh } from "./ssh.ts";

/** Header pins by their job; BCM numbers of the default pin map. */
export const PINS = {
  bell: 17,
  pairing: 27,
  motion: 22,
  chime: 23,
  status: 24,
  recording: 25,
  button: 12,
  talk: 16,
  /** Nothing of the doorbell's. */
  spare: 26,
} as const;
export type PinName = keyof typeof PINS;
const OUTPUTS = ["chime", "status", "recording", "talk"] as const;

/** How a pin is moved and seen from outside: two files of the remote machine. */
export interface PinFiles {
  readonly isVirtual: boolean;
  /** Written to move an input; `on` presses a button or wakes the sensor. */
  input(pin: PinName): { readonly file: string; readonly on: string; readonly off: string };
  /** Read to see an output: 1 is high. Null where nothing reads it. */
  output(pin: PinName): string | null;
}

export interface Change {
  /** Seconds, by the remote machine's clock. */
  readonly at: number;
  readonly pin: string;
  readonly value: string;
}

const isActiveLow = (pin: PinName): boolean => pin === "bell" || pin === "pairing";

/** Of gpio-sim: each line has a folder with `pull` and `value`. */
export function simulatedPins(chipFolder: string): PinFiles {
  return {
    isVirtual: true,
    input: (pin) => {
      const file = `${chipFolder}/sim_gpio${PINS[pin]}/pull`;
      const [on, off] = isActiveLow(pin) ? ["pull-down", "pull-up"] : ["pull-up", "pull-down"];
      return { file, on, off };
    },
    output: (pin) => `${chipFolder}/sim_gpio${PINS[pin]}/value`,
  };
}

/** The partner of each pin in the jumper harness of firmware/board/README.md, BCM: it drives an input, reads an output. */
const PARTNERS: Readonly<Partial<Record<PinName, number>>> = {
  bell: 5,
  pairing: 6,
  motion: 13,
  chime: 7,
  status: 20,
  recording: 21,
};

/** Of a Pi with the jumper harness; settles when every partner is exported in sysfs and drives or reads. */
export async function jumperPins(ssh: Ssh): Promise<PinFiles> {
  const chip = "for c in /sys/class/gpio/gpiochip*; do grep -q '^pinctrl-' $c/label && cat $c/base && break; done";
  const base = Number((await ssh.run(chip)).trim());
  const value = (pin: PinName): string => `/sys/class/gpio/gpio${base + (PARTNERS[pin] ?? 0)}/value`;
  const directions = { bell: "high", pairing: "high", motion: "low", chime: "in", status: "in", recording: "in" };
  for (const [pin, direction] of Object.entries(directions)) {
    const number = base + (PARTNERS[pin as PinName] ?? 0);
    const folder = `/sys/class/gpio/gpio${number}`;
    await ssh.run(
      `[ -e ${folder} ] || echo ${number} >/sys/class/gpio/export; sleep 0.2; echo ${direction} >${folder}/direction`,
    );
  }
  return {
    isVirtual: false,
    input: (pin) => ({ file: value(pin), on: isActiveLow(pin) ? "0" : "1", off: isActiveLow(pin) ? "1" : "0" }),
    output: (pin) => (PARTNERS[pin] === undefined ? null : value(pin)),
  };
}

/** Moves pins to the millisecond and keeps what the outputs did: a program beside the doorbell, spoken to over one channel. */
export class Harness {
  readonly #child: ChildProcess;
  readonly #pins: PinFiles;
  readonly #changes: Change[] = [];
  #rest = "";
  #marks = 0;
  readonly #waiting = new Map<string, (at: number) => void>();

  constructor(ssh: Ssh, pins: PinFiles) {
    this.#pins = pins;
    this.#child = ssh.open(guestProgram("harness.pl"));
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#child.stderr?.resume();
    for (const pin of OUTPUTS) {
      const file = pins.output(pin);
      if (file !== null) this.#send(`watch ${pin} ${file}`);
    }
    this.rest();
  }

  /** All inputs as with nobody there. */
  rest(): void {
    for (const pin of ["bell", "pairing", "motion"] as const) this.#set(pin, false);
  }

  /** @param steps - By turns on and off, each held for so many milliseconds. @returns When the first step began, in remote seconds. */
  async pulses(pin: PinName, ...steps: readonly number[]): Promise<number> {
    const began = this.#mark();
    steps.forEach((ms, i) => {
      this.#set(pin, i % 2 === 0);
      this.#send(`wait ${ms}`);
    });
    this.#set(pin, false);
    await this.#mark();
    return began;
  }

  hold(pin: PinName, on: boolean): Promise<number> {
    this.#set(pin, on);
    return this.#mark();
  }

  /** By the remote clock, which may run more slowly than ours. */
  wait(ms: number): Promise<number> {
    this.#send(`wait ${ms}`);
    return this.#mark();
  }

  /** The remote clock, in seconds, after everything asked before. */
  now(): Promise<number> {
    return this.#mark();
  }

  changesOf(pin: PinName, since = 0): readonly Change[] {
    return this.#changes.filter((change) => change.pin === pin && change.at >= since);
  }

  get trace(): readonly Change[] {
    return this.#changes;
  }

  stop(): void {
    this.#child.stdin?.end();
  }

  #set(pin: PinName, on: boolean): void {
    const words = this.#pins.input(pin);
    this.#send(`set ${words.file} ${on ? words.on : words.off}`);
  }

  #mark(): Promise<number> {
    this.#marks += 1;
    const name = String(this.#marks);
    return new Promise((resolve) => {
      this.#waiting.set(name, resolve);
      this.#send(`mark ${name}`);
    });
  }

  #send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [at = "", pin = "", value = ""] = line.split(" ");
      if (pin !== "mark") this.#changes.push({ at: Number(at), pin, value });
      else {
        this.#waiting.get(value)?.(Number(at));
        this.#waiting.delete(value);
      }
    }
  }
}

/** The command that runs a program of test/rig/guest on the remote machine, where it need not lie. */
export function guestProgram(name: string): string {
  return `perl -e ${quoted(readFileSync(join(process.cwd(), "test/rig/guest", name), "utf8"))}`;
}

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DoorwardConfig } from "../../device/config/config.ts";
import { makeSystemClock } from "../../device/platform/clock.ts";
import { codeOf } from "../../device/platform/error-code.ts";
import { silentLog } from "../../device/platform/logger.ts";
import type { GpioDriver } from "../../device/sensor/gpio-driver.ts";
import { makeDriver } from "../../device/sensor/make-driver.ts";
import type { Terminal } from "../terminal.ts";
import { drawn, snapshot } from "./snapshot.ts";

const run = promisify(execFile);
const PRESS_WITHIN_MS = 30_000;
const LISTEN_SECONDS = 3;

/** Why an untouched button may read pressed. */
const STUCK = {
  onoff:
    "The driver onoff sets no pull-up, so the pin needs one from the start: `gpio=17,27=ip,pu` in /boot/firmware/config.txt, then restart (firmware/board/README.md).",
  gpiod: "Check the wires at pins 11 and 9, and `active_low` in [gpio].",
} as const;

export type TrialResult = "works" | "failed" | "skipped";

interface TrialPorts {
  readonly config: DoorwardConfig;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A folder in memory: a picture of the door reaches no card. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

type ButtonTrialPorts = Pick<TrialPorts, "config" | "terminal" | "signal"> & { readonly driver?: GpioDriver };

/** Takes a picture, shows it, and says where it is. */
export async function tryCamera({ config, terminal, environment, scratch, signal }: TrialPorts): Promise<TrialResult> {
  try {
    const jpeg = await snapshot(config.recorder, signal);
    const file = join(scratch, "doorward-snapshot.jpg");
    await writeFile(file, jpeg, { mode: 0o600 });
    if (terminal.colours(environment)) terminal.say(await drawn(jpeg, config.recorder.ffmpegPath, signal));
    terminal.say(`This is what the camera sees; the same picture is in ${file} until the next boot.`);
    return "works";
  } catch (error) {
    signal.throwIfAborted();
    terminal.note(`The camera gives no picture (${codeOf(error)}). \`doorward doctor\` says more; setup goes on.`);
    return "failed";
  }
}

/** Waits for a press, and answers it with the status LED. */
export async function tryButton({ config, terminal, signal, driver: given }: ButtonTrialPorts): Promise<TrialResult> {
  const { driver: kind, pins } = config.sensor;
  if (kind === "simulated" || pins.bell === undefined) {
    terminal.say("There is no button to press here: the pins are simulated.");
    return "skipped";
  }
  const driver = given ?? makeDriver({ driver: kind, pins }, { clock: makeSystemClock(), log: silentLog });
  try {
    await driver.start(signal);
    const led = await driver.output("statusLed");
    const bell = await driver.input("bell");
    terminal.say(`Press the button at the door now (BCM ${pins.bell.bcm}); after 30 seconds setup goes on.`);
    let level = bell?.initial ?? 0;
    const pressed = await new Promise<boolean>((resolve, reject) => {
      const timer = setTimeout(() => resolve(false), PRESS_WITHIN_MS);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      bell?.watch((now) => {
        level = now;
        led?.set(level);
        if (level === 1) return;
        clearTimeout(timer);
        resolve(true);
      });
    });
    if (pressed) terminal.say("Pressed and let go: the button works.");
    else if (level === 1) terminal.note(`The button reads pressed all the time. ${STUCK[kind]}`);
    else terminal.note("Nothing came. Check the wires at pins 11 and 9, and `active_low` in [gpio].");
    return pressed ? "works" : "failed";
  } catch (error) {
    signal.throwIfAborted();
    terminal.note(`The pins cannot be used (${codeOf(error)}). \`doorward doctor\` says more; setup goes on.`);
    return "failed";
  } finally {
    await driver.stop();
  }
}

/** Records three seconds and plays them. */
export async function trySound({ config, terminal, scratch, signal }: TrialPorts): Promise<TrialResult> {
  const { sound } = config.recorder;
  if (sound.kind !== "alsa") return "skipped";
  const { speaker } = config.sensor.chime;
  const file = join(scratch, "doorward-sound.wav");
  try {
    terminal.say(`Say something: ${LISTEN_SECONDS} seconds are recorded and played back.`);
    await run(
      "arecord",
      ["-q", "-D", sound.device, "-f", "S16_LE", "-r", "48000", "-d", String(LISTEN_SECONDS), file],
      {
        signal,
      },
    );
    await run("aplay", ["-q", "-D", speaker, file], { signal });
    terminal.say(`That was it. Nothing heard? \`speaker\` in [chime] is ${speaker}; \`aplay -L\` lists others.`);
    return "works";
  } catch {
    signal.throwIfAborted();
    terminal.note("That did not work: `arecord -L` and `aplay -L` list the names there are. Setup goes on.");
    return "failed";
  }
}

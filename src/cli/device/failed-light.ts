import { resolve } from "node:path";
import type { DoorwardConfig } from "../../device/config/config.ts";
import { loadConfig } from "../../device/config/load-config.ts";
import { makeSystemClock } from "../../device/platform/clock.ts";
import { silentLog } from "../../device/platform/logger.ts";
import { Led } from "../../device/sensor/led.ts";
import { START_FAILED } from "../../device/sensor/lights.ts";
import { makeDriver } from "../../device/sensor/make-driver.ts";
import type { SensorConfig } from "../../device/sensor/sensor-config.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { untilStopped } from "../until-stopped.ts";

/** Where the LED is when the configuration cannot say: the pin map of firmware/board. */
const MAPPED_PIN = { bcm: 24, activeLow: false };

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const clock = makeSystemClock();
  const wanted = await sensorConfig(resolve(options.needed("config")));
  const drivers = wanted === null ? (["gpiod", "onoff"] as const) : [wanted.driver];
  const statusLed = wanted === null ? MAPPED_PIN : wanted.pins.statusLed;
  for (const driver of drivers) {
    if (driver === "simulated" || statusLed === undefined) break;
    const pins = makeDriver({ driver, pins: { statusLed } }, { clock, log: silentLog });
    try {
      await pins.start(signal);
      const led = new Led(clock, await pins.output("statusLed"));
      led.show(START_FAILED);
      terminal.say(`The status LED on BCM ${statusLed.bcm} says that the doorbell did not start. Ctrl-C ends.`);
      await untilStopped(signal);
      led.show("off");
      return { json: { ok: true, bcm: statusLed.bcm, driver } };
    } catch {
      // The next driver, if there is one: which of them this board has is what a broken configuration cannot tell.
    } finally {
      await pins.stop();
    }
  }
  throw new CliError("cli/not-found", "there is no status LED that could be lit", {
    hint: "What keeps the doorbell from starting is in `journalctl -u doorward`.",
  });
}

async function sensorConfig(file: string): Promise<SensorConfig | null> {
  try {
    const config: DoorwardConfig = await loadConfig(file);
    return config.sensor;
  } catch {
    return null;
  }
}

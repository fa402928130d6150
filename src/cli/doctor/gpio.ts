import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SensorError, sensorErrors } from "../../device/sensor/errors.ts";
import { headerChipIn, sysfsHeaderBase } from "../../device/sensor/header-chip.ts";
import type { Check } from "./finding.ts";

const run = promisify(execFile);

export const gpioCheck: Check = {
  topic: "gpio",
  async look({ config: { sensor }, signal }) {
    const pins = Object.keys(sensor.pins).length;
    try {
      switch (sensor.driver) {
        case "simulated":
          return [
            { level: "note", found: "simulated pins", remedy: "Set `driver` in [gpio] once there are real ones." },
          ];
        case "onoff":
          return [
            { level: "ok", found: `header found, first sysfs number ${await sysfsHeaderBase()}, ${pins} pins in use` },
          ];
        case "gpiod":
          return [
            { level: "ok", found: `${headerChipIn(await gpiodetect(signal))} is the header, ${pins} pins in use` },
          ];
      }
    } catch (error) {
      if (!(error instanceof SensorError)) throw error;
      return [{ level: "problem", found: `${sensor.driver}: ${error.message}`, remedy: sensorErrors[error.code] }];
    }
  },
};

async function gpiodetect(signal: AbortSignal): Promise<string> {
  try {
    return (await run("gpiodetect", [], { signal })).stdout;
  } catch (cause) {
    signal.throwIfAborted();
    throw new SensorError("gpio/no-programs", "gpiodetect does not run", { cause });
  }
}

import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SensorError, sensorErrors } from "../../device/sensor/errors.ts";
import { headerChipIn, sysfsHeaderBase } from "../../device/sensor/header-chip.ts";
import { askDaemon } from "../control-client.ts";
import type { Check, Found } from "./finding.ts";

const run = promisify(execFile);
const SYSFS_EXPORT = "/sys/class/gpio/export";

export const gpioCheck: Check = {
  topic: "gpio",
  async look({ config, isDaemonRunning, signal }) {
    const { sensor } = config;
    const refused = isDaemonRunning ? await refusedOutputs(config.dataDir, signal) : [];
    const pins = Object.keys(sensor.pins).length;
    try {
      if (sensor.driver === "simulated") {
        return [{ level: "note", found: "simulated pins", remedy: "Set `driver` in [gpio] once there are real ones." }];
      }
      if (sensor.driver === "onoff") {
        const base = await sysfsHeaderBase();
        const found = `header found, first sysfs number ${base}, ${pins} pins in use`;
        return [await withRights(found, SYSFS_EXPORT), ...refused];
      }
      const chip = headerChipIn(await gpiodetect(signal));
      return [await withRights(`${chip} is the header, ${pins} pins in use`, join("/dev", chip)), ...refused];
    } catch (error) {
      if (!(error instanceof SensorError)) throw error;
      return [{ level: "problem", found: `${sensor.driver}: ${error.message}`, remedy: sensorErrors[error.code] }];
    }
  },
};

/** What the running daemon cannot switch. */
async function refusedOutputs(dataDir: string, signal: AbortSignal): Promise<Found[]> {
  const { refused } = await askDaemon({ dataDir }, { op: "pins" }, signal);
  const names = Array.isArray(refused) ? refused.map(String) : [];
  const remedy = `${sensorErrors["gpio/pin-refused"]} It is tried again each minute.`;
  return names.map((name) => ({ level: "problem", found: `the output ${name} is refused`, remedy }));
}

async function withRights(found: string, file: string): Promise<Found> {
  try {
    await access(file, constants.W_OK);
    return { level: "ok", found };
  } catch {
    const remedy = "Add the doorbell's user to the group `gpio`: `sudo usermod -aG gpio doorward`.";
    return { level: "problem", found: `${found}, but no permission to use them`, where: file, remedy };
  }
}

async function gpiodetect(signal: AbortSignal): Promise<string> {
  try {
    return (await run("gpiodetect", [], { signal })).stdout;
  } catch (cause) {
    signal.throwIfAborted();
    throw new SensorError("gpio/no-programs", "gpiodetect does not run", { cause });
  }
}

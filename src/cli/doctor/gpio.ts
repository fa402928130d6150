import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeSystemClock } from "../../device/platform/clock.ts";
import { silentLog } from "../../device/platform/logger.ts";
import { SensorError, sensorErrors } from "../../device/sensor/errors.ts";
import type { GpioDriver } from "../../device/sensor/gpio-driver.ts";
import { headerChipIn, sysfsHeaderBase } from "../../device/sensor/header-chip.ts";
import { makeDriver } from "../../device/sensor/make-driver.ts";
import { INPUT_PINS } from "../../device/sensor/sensor-config.ts";
import { askDaemon } from "../control-client.ts";
import type { Check, Found } from "./finding.ts";

const run = promisify(execFile);
const SYSFS_EXPORT = "/sys/class/gpio/export";

export const gpioCheck: Check = {
  topic: "gpio",
  async look({ config, isDaemonRunning, signal }) {
    const { sensor } = config;
    const refused = async (): Promise<Found[]> =>
      isDaemonRunning
        ? refusedOutputs(config.dataDir, signal)
        : refusedInputs(makeDriver(sensor, { clock: makeSystemClock(), log: silentLog }), signal);
    const pins = Object.keys(sensor.pins).length;
    try {
      if (sensor.driver === "simulated") {
        return [{ level: "note", found: "simulated pins", remedy: "Set `driver` in [gpio] once there are real ones." }];
      }
      if (sensor.driver === "onoff") {
        const base = await sysfsHeaderBase();
        const found = `header found, first sysfs number ${base}, ${pins} pins in use`;
        return await withRights(found, SYSFS_EXPORT, refused);
      }
      const chip = headerChipIn(await gpiodetect(signal));
      return await withRights(`${chip} is the header, ${pins} pins in use`, join("/dev", chip), refused);
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

/** Without a daemon: opened and let go. Outputs are not tried, since a relay would click. */
export async function refusedInputs(driver: GpioDriver, signal: AbortSignal): Promise<Found[]> {
  const found: Found[] = [];
  try {
    await driver.start(signal);
    for (const name of INPUT_PINS) {
      await driver.input(name).catch((error: unknown) => {
        if (!(error instanceof SensorError && error.code === "gpio/pin-refused")) throw error;
        found.push({ level: "problem", found: `the input ${name} is refused`, remedy: sensorErrors[error.code] });
      });
    }
  } finally {
    await driver.stop();
  }
  return found;
}

async function withRights(found: string, file: string, refused: () => Promise<Found[]>): Promise<Found[]> {
  const isAllowed = await access(file, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isAllowed) return [{ level: "ok", found }, ...(await refused())];
  const remedy = "Add the doorbell's user to the group `gpio`: `sudo usermod -aG gpio doorward`.";
  return [{ level: "problem", found: `${found}, but no permission to use them`, where: file, remedy }];
}

async function gpiodetect(signal: AbortSignal): Promise<string> {
  try {
    return (await run("gpiodetect", [], { signal })).stdout;
  } catch (cause) {
    signal.throwIfAborted();
    throw new SensorError("gpio/no-programs", "gpiodetect does not run", { cause });
  }
}

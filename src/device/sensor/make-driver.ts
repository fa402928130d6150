import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { GpioDriver } from "./gpio-driver.ts";
import { GpiodDriver } from "./gpiod-driver.ts";
import { OnoffDriver } from "./onoff-driver.ts";
import type { SensorConfig } from "./sensor-config.ts";
import { SimulatedDriver } from "./simulated-driver.ts";

export function makeDriver(
  { driver, pins }: Pick<SensorConfig, "driver" | "pins">,
  ports: { readonly clock: Clock; readonly log: Log },
): GpioDriver {
  switch (driver) {
    case "onoff":
      return new OnoffDriver(pins, ports);
    case "gpiod":
      return new GpiodDriver(pins, ports);
    default:
      return new SimulatedDriver(ports.clock);
  }
}

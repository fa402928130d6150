import { CodedError } from "../../protocol/errors.ts";

export const sensorErrors = {
  "gpio/no-sysfs":
    'This kernel has no sysfs GPIO: set `gpio.driver = "gpiod"`, or "simulated" where there are no pins.',
  "gpio/no-chip":
    'No GPIO chip of a Raspberry Pi header was found: is this a Pi 2 or later? Otherwise set `gpio.driver = "simulated"`.',
  "gpio/no-programs": "gpiomon, gpioget, gpioset or gpiodetect is missing: `apt install gpiod`.",
  "gpio/pin-refused":
    "A pin could not be opened: add the user to the group `gpio`, and check that nothing else uses the pin.",
  "control/in-use": "Another daemon answers on this data directory's control socket: stop it first.",
} as const;
export type SensorErrorCode = keyof typeof sensorErrors;

export class SensorError extends CodedError<SensorErrorCode> {
  override readonly name = "SensorError";
}

import { expect, test } from "vitest";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { SensorError } from "../../../src/device/sensor/errors.ts";
import { startPatiently } from "../../../src/device/start-patiently.ts";

const refused = new SensorError("gpio/pin-refused", "BCM 17 cannot be opened: EBUSY");
const clock = { sleep: () => Promise.resolve() };

function failing(times: number, error: Error) {
  let attempts = 0;
  return {
    get attempts() {
      return attempts;
    },
    start: () => {
      attempts += 1;
      return attempts <= times ? Promise.reject(error) : Promise.resolve();
    },
  };
}
const start = (device: { start(): Promise<void> }) =>
  startPatiently(device, { clock, log: silentLog }, new AbortController().signal);

test("a pin that udev gives away a moment late is waited for", async () => {
  const device = failing(2, refused);
  await start(device);
  expect(device.attempts).toBe(3);
});

test("a pin that something else keeps is given up after four attempts", async () => {
  const device = failing(Number.POSITIVE_INFINITY, refused);
  await expect(start(device)).rejects.toBe(refused);
  expect(device.attempts).toBe(4);
});

test("what does not pass by itself is not tried twice", async () => {
  const device = failing(1, new SensorError("gpio/no-chip", "none"));
  await expect(start(device)).rejects.toMatchObject({ code: "gpio/no-chip" });
  expect(device.attempts).toBe(1);
});

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gpio } from "onoff";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { OnoffDriver } from "../../../src/device/sensor/onoff-driver.ts";
import type { Pins } from "../../../src/device/sensor/sensor-config.ts";

const pins: Pins = {
  bell: { bcm: 17, activeLow: true },
  motion: { bcm: 22, activeLow: false },
  chime: { bcm: 23, activeLow: false },
  recordingLed: { bcm: 25, activeLow: true },
};

/** What onoff's class was asked for, and the levels written since. */
class FakeGpio {
  static made: FakeGpio[] = [];
  readonly asked: readonly unknown[];
  readonly written: number[] = [];
  listener: ((error: Error | null, level: 0 | 1) => void) | undefined;
  constructor(...asked: readonly unknown[]) {
    if (asked[0] === 512 + 22) throw Object.assign(new Error("denied"), { code: "EACCES" });
    this.asked = asked;
    FakeGpio.made.push(this);
  }
  readSync(): 0 | 1 {
    return 1;
  }
  writeSync(level: 0 | 1): void {
    this.written.push(level);
  }
  watch(listener: (error: Error | null, level: 0 | 1) => void): void {
    this.listener = listener;
  }
  unwatchAll(): void {
    this.listener = undefined;
  }
}

let sysRoot: string;
let driver: OnoffDriver;
beforeEach(async () => {
  sysRoot = await mkdtemp(join(tmpdir(), "doorward-onoff-"));
  await mkdir(join(sysRoot, "class/gpio/gpiochip512"), { recursive: true });
  await writeFile(join(sysRoot, "class/gpio/gpiochip512/label"), "pinctrl-bcm2711\n");
  await writeFile(join(sysRoot, "class/gpio/gpiochip512/base"), "512\n");
  await mkdir(join(sysRoot, "class/gpio/gpio535"));
  FakeGpio.made = [];
  driver = new OnoffDriver(pins, {
    log: silentLog,
    sysRoot,
    load: async () => ({ Gpio: FakeGpio as unknown as typeof Gpio }),
  });
  await driver.start();
});
afterEach(() => rm(sysRoot, { recursive: true }));

test("a pin's sysfs number is the header's base plus its BCM number, and both edges are watched", async () => {
  const pin = await driver.input("bell");
  expect(FakeGpio.made[0]?.asked).toEqual([512 + 17, "in", "both", { activeLow: true }]);
  expect(pin?.initial).toBe(1);
  const levels: number[] = [];
  pin?.watch((level) => void levels.push(level));
  FakeGpio.made[0]?.listener?.(null, 0);
  FakeGpio.made[0]?.listener?.(new Error("gone"), 1);
  expect(levels).toEqual([0]);
});

describe("an output", () => {
  test("begins at the voltage that means off", async () => {
    await driver.output("chime");
    await driver.output("recordingLed");
    expect(FakeGpio.made.map(({ asked }) => [asked[1], asked[3]])).toEqual([
      ["low", { activeLow: false }],
      ["high", { activeLow: true }],
    ]);
    expect(FakeGpio.made.map(({ written }) => written)).toEqual([[0], [0]]);
  });

  test("is off after the stop, which may come twice", async () => {
    (await driver.output("recordingLed"))?.set(1);
    await driver.stop();
    await driver.stop();
    expect(FakeGpio.made[0]?.written).toEqual([0, 1, 0]);
  });

  test("is let go by a shell once this process is gone", async () => {
    const value = join(sysRoot, "class/gpio/gpio535/value");
    await writeFile(value, "1\n");
    execFileSync("sh", ["-c", String(driver.letGo("chime"))]);
    expect(await readFile(value, "utf8")).toBe("0\n");
    expect(driver.letGo("statusLed")).toBeNull();
  });

  test("with a lapse is let go by a process of its own, whatever this one does", async () => {
    const value = join(sysRoot, "class/gpio/gpio535/value");
    await writeFile(value, "1\n");
    (await driver.output("chime"))?.set(1, 30);
    await vi.waitFor(async () => expect(await readFile(value, "utf8")).toBe("0\n"), 20_000);
    expect(FakeGpio.made[0]?.written).toEqual([0, 1]);
  });

  test("with a lapse is let go also when the driver has stopped meanwhile, and the next one as well", async () => {
    const value = join(sysRoot, "class/gpio/gpio535/value");
    const chime = await driver.output("chime");
    for (const lapseMs of [30, 60]) {
      await writeFile(value, "1\n");
      chime?.set(1, lapseMs);
      await driver.stop();
      await vi.waitFor(async () => expect(await readFile(value, "utf8")).toBe("0\n"), 20_000);
    }
  });
});

test("a pin that the system refuses is named by both its numbers", async () => {
  await expect(driver.input("motion")).rejects.toMatchObject({
    code: "gpio/pin-refused",
    message: "BCM 22 (sysfs 534) cannot be opened: EACCES",
  });
});

test("a pin that is not connected is null", async () => {
  expect([await driver.input("pairing"), await driver.output("statusLed")]).toEqual([null, null]);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tryButton } from "../../../../src/cli/setup/trials.ts";
import type { Terminal } from "../../../../src/cli/terminal.ts";
import type { DoorwardConfig } from "../../../../src/device/config/config.ts";
import type { GpioDriver, Level } from "../../../../src/device/sensor/gpio-driver.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What setup says about a button that reads `level` and is not touched. */
async function untouched(kind: "onoff" | "gpiod", level: Level): Promise<string> {
  const driver: GpioDriver = {
    start: async () => {},
    input: async () => ({ initial: level, watch: () => {} }),
    output: async () => null,
    letGo: () => null,
    stop: async () => {},
  };
  const config = { sensor: { driver: kind, pins: { bell: { bcm: 17, activeLow: true } } } } as DoorwardConfig;
  let said = "";
  const note = (text = ""): void => {
    said += text;
  };
  const trial = tryButton({
    config,
    terminal: { say: () => {}, note } as unknown as Terminal,
    signal: new AbortController().signal,
    driver,
  });
  await vi.runAllTimersAsync();
  expect(await trial).toBe("failed");
  return said;
}

test("a button without its pull-up reads pressed all the time: the cause is named", async () => {
  expect(await untouched("onoff", 1)).toContain("`gpio=17,27=ip,pu` in /boot/firmware/config.txt");
});

test("one that nobody presses is a matter of wires, and so is one with its pull-up", async () => {
  expect(await untouched("onoff", 0)).toContain("wires at pins 11 and 9");
  expect(await untouched("gpiod", 1)).toContain("wires at pins 11 and 9");
});

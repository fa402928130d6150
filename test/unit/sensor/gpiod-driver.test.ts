import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { GpiodDriver } from "../../../src/device/sensor/gpiod-driver.ts";
import { gpiodMajorIn } from "../../../src/device/sensor/gpiod-flags.ts";
import type { Pins } from "../../../src/device/sensor/sensor-config.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";
import { installGpiodPrograms } from "../../fakes/gpiod-programs.ts";

const pins: Pins = { bell: { bcm: 17, activeLow: true }, chime: { bcm: 23, activeLow: false } };

let dir: string;
let driver: GpiodDriver;
let clock: FakeClock;
const notes = async (name: string): Promise<readonly string[]> => {
  const text = await readFile(join(dir, name), "utf8").catch(() => "");
  return text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "");
};

describe.each(["1.6.3", "2.2.1"] as const)("gpiod %s", (version) => {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "doorward-gpiod-"));
    await installGpiodPrograms(dir, version);
    vi.stubEnv("PATH", `${dir}:${process.env.PATH}`);
    clock = new FakeClock();
    driver = new GpiodDriver(pins, { clock, log: silentLog });
    await driver.start();
  });
  afterEach(async () => {
    await driver.stop();
    vi.unstubAllEnvs();
    await rm(dir, { recursive: true });
  });

  test("an input tells its first level, and of every edge after it what it was and when", async () => {
    await writeFile(join(dir, "initial"), "1\n");
    execFileSync("mkfifo", [join(dir, "edges-17")]);
    const pin = await driver.input("bell");
    expect(pin?.initial).toBe(1);
    const edges: (readonly [number, number])[] = [];
    pin?.watch((level, atMs) => void edges.push([level, atMs]));
    const printed =
      version === "1.6.3"
        ? "0 9 998000000\n1 10 3000000\n0 10 250000000\n"
        : "2 9.998000000\n1 10.003000000\n2 10.250000000\n";
    await writeFile(join(dir, "edges-17"), printed);
    await vi.waitFor(() =>
      expect(edges.map(([level, atMs]) => [level, Math.round(atMs - (edges[0]?.[1] ?? 0))])).toEqual([
        [0, 0],
        [1, 5],
        [0, 252],
      ]),
    );
    const [call] = (await notes("calls")).filter((line) => line.startsWith("gpiomon"));
    expect(call).toContain(version === "1.6.3" ? "--format=%e %s %n" : "--format=%e %S");
  });

  test("an edge of a time that cannot be is one of now", async () => {
    execFileSync("mkfifo", [join(dir, "edges-17")]);
    const edges: (readonly [number, number])[] = [];
    (await driver.input("bell"))?.watch((level, atMs) => void edges.push([level, atMs]));
    await writeFile(join(dir, "edges-17"), "1 1790000000000 0\n0\n");
    await vi.waitFor(() =>
      expect(edges).toEqual([
        [1, clock.monotonicMs()],
        [0, clock.monotonicMs()],
      ]),
    );
  });

  test("a gpiomon that ends is started again", async () => {
    execFileSync("mkfifo", [join(dir, "edges-17")]);
    const levels: number[] = [];
    (await driver.input("bell"))?.watch((level) => void levels.push(level));
    await writeFile(join(dir, "edges-17"), "1 10 0\n");
    await vi.waitFor(() => expect(clock.waiting).toBe(1));
    await clock.advance(1000);
    await writeFile(join(dir, "edges-17"), "0 11 0\n");
    await vi.waitFor(() => expect(levels).toEqual([1, 0]));
  });

  test("an output is held at 0 from the start, one holder at a time, and let go at the end", async () => {
    const pin = await driver.output("chime");
    await vi.waitFor(async () => expect(await notes("log")).toEqual(["held 23=0"]));
    pin?.set(1);
    await vi.waitFor(async () => expect(await notes("log")).toEqual(["held 23=0", "released 23=0", "held 23=1"]));
    await driver.stop();
    expect((await notes("log")).slice(3)).toEqual(["released 23=1"]);
  });

  test("an output that something else holds is refused, and can be had once it is let go", async () => {
    await writeFile(join(dir, "busy-23"), "");
    await expect(driver.output("chime")).rejects.toMatchObject({
      code: "gpio/pin-refused",
      message: expect.stringMatching(/^BCM 23: .*busy/s) as string,
    });
    expect(await notes("log")).toEqual([]);
    await rm(join(dir, "busy-23"));
    expect(await driver.output("chime")).not.toBeNull();
    await vi.waitFor(async () => expect(await notes("log")).toEqual(["held 23=0"]));
  });

  test("what lets an output go once this process is gone sets it to 0 and ends", async () => {
    const words = driver.letGo("chime");
    execFileSync("sh", ["-c", String(words)]);
    const [call] = (await notes("calls")).filter((line) => line.startsWith("gpioset"));
    expect(call).toMatch(version === "1.6.3" ? /--mode=exit gpiochip4 23=0$/ : /--toggle 0 --chip gpiochip4 23=0$/);
    expect(driver.letGo("statusLed")).toBeNull();
  });

  test("a level with a lapse ends by the program's own time, and 0 is held after it", async () => {
    const pin = await driver.output("chime");
    await vi.waitFor(async () => expect(await notes("log")).toEqual(["held 23=0"]));
    pin?.set(1, 50);
    await vi.waitFor(async () =>
      expect((await notes("log")).slice(2)).toEqual(["held 23=1", "lapsed 23=1", "held 23=0"]),
    );
  });

  test("of changes in a row the last one counts", async () => {
    const pin = await driver.output("chime");
    await vi.waitFor(async () => expect(await notes("log")).toEqual(["held 23=0"]));
    for (const level of [1, 0, 1] as const) pin?.set(level);
    await vi.waitFor(async () => expect(await notes("log")).toEqual(["held 23=0", "released 23=0", "held 23=1"]));
  });

  test("the header's chip is asked, with the pull a button to ground needs", async () => {
    await driver.input("bell");
    const [call] = (await notes("calls")).filter((line) => line.startsWith("gpioget"));
    expect(call).toContain("gpiochip4");
    expect(call).toContain("--active-low");
    expect(call).toContain("--bias=pull-up");
  });

  test("a pin that is not connected is null", async () => {
    expect([await driver.input("motion"), await driver.output("statusLed")]).toEqual([null, null]);
  });
});

test("programs that are not installed are named, with what to do", async () => {
  vi.stubEnv("PATH", "/nowhere");
  const missing = new GpiodDriver(pins, { clock: new FakeClock(), log: silentLog });
  await expect(missing.start()).rejects.toMatchObject({ code: "gpio/no-programs" });
  vi.unstubAllEnvs();
});

test("the version is read from what the programs print", () => {
  expect(
    ["gpiomon (libgpiod) v1.6.3", "gpiomon (libgpiod) v2.2.1", "gpiomon (libgpiod) v0.3"].map(gpiodMajorIn),
  ).toEqual([1, 2, 1]);
});

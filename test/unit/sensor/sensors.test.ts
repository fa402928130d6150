import { describe, expect, test } from "vitest";
import { configFrom } from "../../../src/device/config/config.ts";
import { readConfig } from "../../../src/device/config/read-config.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { NoticeBus, type NoticeName } from "../../../src/device/platform/notices.ts";
import { SensorError } from "../../../src/device/sensor/errors.ts";
import type { OutputName } from "../../../src/device/sensor/sensor-config.ts";
import { Sensors } from "../../../src/device/sensor/sensors.ts";
import { SimulatedDriver } from "../../../src/device/sensor/simulated-driver.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const heardNames = [
  "ringPressed",
  "ringReleased",
  "motionStarted",
  "buttonStuck",
  "pairingRequested",
  "factoryResetRequested",
] as const;

async function door(settings = "") {
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  const bus = new NoticeBus(silentLog);
  const heard: NoticeName[] = [];
  for (const name of heardNames) bus.on(name, () => void heard.push(name));
  const { sensor } = configFrom(readConfig(settings).values, "/");
  const sensors = new Sensors(sensor, {
    driver,
    clock,
    bus,
    log: silentLog,
    player: { play: () => {}, stop: () => {} },
  });
  await sensors.start(new AbortController().signal);
  return { clock, driver, bus, heard, sensors };
}

describe("a ring", () => {
  test("has chimed before anybody hears of it, and chimes even if all who hear of it fail", async () => {
    const { clock, driver, bus } = await door();
    const chimeAtNotice: number[] = [];
    bus.on("ringPressed", () => {
      chimeAtNotice.push(driver.level("chime"));
      throw new Error("broker down");
    });
    driver.press("bell", 200);
    await clock.advance(1000);
    expect(chimeAtNotice).toEqual([1]);
    expect(driver.level("chime")).toBe(0);
  });

  test("blinks the button while it is down", async () => {
    const { clock, driver } = await door();
    driver.press("bell", 150);
    await clock.advance(110);
    expect(driver.level("buttonLed")).toBe(0);
    await clock.advance(500);
    expect(driver.level("buttonLed")).toBe(1);
  });
});

describe("an output that something else holds", () => {
  async function doorWithout(held: string, frees: { now: boolean }) {
    const clock = new FakeClock();
    const lines: string[] = [];
    const log = { ...silentLog, error: (message: string) => void lines.push(message) };
    const driver = new (class extends SimulatedDriver {
      override async output(name: OutputName) {
        if (name === held && !frees.now) throw new SensorError("gpio/pin-refused", "BCM 27 cannot be opened: EBUSY");
        return await super.output(name);
      }
    })(clock);
    const { sensor } = configFrom(readConfig("").values, "/");
    const bus = new NoticeBus(log);
    const player = { play: () => {}, stop: () => {} };
    const sensors = new Sensors(sensor, { driver, clock, bus, log, player });
    await sensors.start(new AbortController().signal);
    return { clock, driver, sensors, lines };
  }

  test.each(["recordingLed", "talkLed"])(
    "is not done without where it tells of camera or microphone: %s",
    async (held) => {
      await expect(doorWithout(held, { now: false })).rejects.toMatchObject({ code: "gpio/pin-refused" });
    },
  );

  test.each(["buttonLed", "statusLed"])("costs no bell: %s", async (held) => {
    const { clock, driver } = await doorWithout(held, { now: false });
    driver.press("bell", 200);
    await clock.advance(100);
    expect(driver.level("chime")).toBe(1);
  });

  test("is told once, in one line, by five flashes, and to the doctor", async () => {
    const { clock, driver, sensors, lines } = await doorWithout("buttonLed", { now: false });
    await clock.advance(600_000);
    expect(lines).toEqual(["output pin refused"]);
    expect(sensors.refusedOutputs).toEqual(["buttonLed"]);
    let flashes = 0;
    for (let before = driver.level("statusLed"), i = 0; i < 240; i += 1) {
      await clock.advance(10);
      const now = driver.level("statusLed");
      if (now > before) flashes += 1;
      before = now;
    }
    expect(flashes).toBe(5);
  });

  test("is taken as soon as it is free, and shows what it should; nothing was told of a short wait", async () => {
    const frees = { now: false };
    const { clock, driver, sensors, lines } = await doorWithout("buttonLed", frees);
    frees.now = true;
    await clock.advance(2100);
    expect(driver.level("buttonLed")).toBe(1);
    expect([lines, sensors.refusedOutputs]).toEqual([[], []]);
  });

  test("pulls no relay for a ring that is over", async () => {
    const frees = { now: false };
    const { clock, driver } = await doorWithout("chime", frees);
    driver.press("bell", 200);
    await clock.advance(300);
    frees.now = true;
    await clock.advance(5000);
    expect(driver.level("chime")).toBe(0);
    driver.press("bell", 200);
    await clock.advance(100);
    expect(driver.level("chime")).toBe(1);
  });
});

test("each input has its notice", async () => {
  const { clock, driver, heard } = await door();
  driver.press("bell", 200);
  await clock.advance(1000);
  driver.press("motion", 1000);
  await clock.advance(2000);
  driver.press("pairing", 500);
  await clock.advance(1000);
  driver.press("pairing", 15_100);
  await clock.advance(16_000);
  driver.press("bell", 31_000);
  await clock.advance(32_000);
  expect(heard).toEqual([
    "ringPressed",
    "ringReleased",
    "motionStarted",
    "pairingRequested",
    "factoryResetRequested",
    "ringPressed",
    "buttonStuck",
    "ringReleased",
  ]);
});

test("holding towards a factory reset shows it: fast blinking, then steady light", async () => {
  const { clock, driver } = await door();
  driver.setLevel("pairing", 1);
  await clock.advance(6000);
  const levels = new Set<number>();
  for (let n = 0; n < 20; n++) {
    await clock.advance(40);
    levels.add(driver.level("statusLed"));
  }
  expect(levels).toEqual(new Set([0, 1]));
  await clock.advance(15_000);
  expect(driver.level("statusLed")).toBe(1);
});

test("a relay that a killed daemon left pulling is let go at the start", async () => {
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  (await driver.output("chime")).set(1);
  const { sensor } = configFrom(readConfig("").values, "/");
  const sensors = new Sensors(sensor, { driver, clock, bus: new NoticeBus(silentLog), log: silentLog });
  await sensors.start(new AbortController().signal);
  expect(driver.level("chime")).toBe(0);
  await sensors.stop();
});

test("stopping turns all off, leaves no timer, and may be done twice", async () => {
  const { clock, driver, sensors, heard } = await door();
  sensors.lights?.recording(true);
  driver.setLevel("bell", 1);
  await clock.advance(100);
  await sensors.stop();
  await sensors.stop();
  expect([driver.level("chime"), driver.level("recordingLed"), driver.level("buttonLed")]).toEqual([0, 0, 0]);
  expect(clock.waiting).toBe(0);
  driver.setLevel("bell", 0);
  await clock.advance(1000);
  expect(heard).toEqual(["ringPressed"]);
});

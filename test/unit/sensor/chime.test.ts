import { describe, expect, test } from "vitest";
import { type Log, silentLog } from "../../../src/device/platform/logger.ts";
import { Chime } from "../../../src/device/sensor/chime.ts";
import { isQuiet } from "../../../src/device/sensor/quiet-hours.ts";
import type { ChimeConfig } from "../../../src/device/sensor/sensor-config.ts";
import { SimulatedDriver } from "../../../src/device/sensor/simulated-driver.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const usual: ChimeConfig = {
  relayPulseMs: 400,
  relayLimitMs: 2000,
  againAfterMs: 2000,
  soundFile: null,
  speaker: "default",
  quiet: [],
};
const night = { fromMinute: 22 * 60, untilMinute: 7 * 60 };
/** In the time zone the tests run in, as the chime's owner's clock is in theirs. */
const localMs = (hour: number, minute = 0): number => new Date(2026, 2, 10, hour, minute).getTime();

async function chime(changes: Partial<ChimeConfig> = {}, unixMs = localMs(12)) {
  const clock = new FakeClock(unixMs);
  const driver = new SimulatedDriver(clock);
  const relay = await driver.output("chime");
  const played: string[] = [];
  const player = { play: (file: string, speaker: string) => void played.push(`${file} on ${speaker}`), stop: () => {} };
  const told: string[] = [];
  const tell = (event: string): void => void told.push(event);
  const log: Log = { ...silentLog, info: tell, warn: tell, error: tell };
  const it = new Chime({ ...usual, ...changes }, { clock, log, relay, player });
  return { told, clock, driver, played, it, pulling: () => driver.level("chime") === 1 };
}

describe("a ring", () => {
  test("pulls the relay for the length of its pulse", async () => {
    const { clock, it, pulling } = await chime();
    it.ring();
    await clock.advance(399);
    expect(pulling()).toBe(true);
    await clock.advance(1);
    expect(pulling()).toBe(false);
  });

  test("plays the sound on the speaker", async () => {
    const { it, played } = await chime({ soundFile: "/ding.wav", relayPulseMs: 0 });
    it.ring();
    expect(played).toEqual(["/ding.wav on default"]);
  });

  test("right after another does not chime again", async () => {
    const { clock, it } = await chime();
    expect([it.ring(), it.ring()]).toEqual(["rang", "again"]);
    await clock.advance(2000);
    expect(it.ring()).toBe("rang");
  });

  test("lets the relay go at the limit even when nobody ends the pulse", async () => {
    const { clock, driver, pulling } = await chime();
    // What a hung daemon leaves: the relay set, its own timer never run. The driver's lapse is all there is.
    (await driver.output("chime")).set(1, 2000);
    await clock.advance(1999);
    expect(pulling()).toBe(true);
    await clock.advance(1);
    expect(pulling()).toBe(false);
  });

  test("lets the relay go when the daemon stops in the middle", async () => {
    const { clock, it, pulling } = await chime();
    it.ring();
    await clock.advance(100);
    it.stop();
    expect(pulling()).toBe(false);
  });

  test("is silent in quiet hours, and takes up new ones", async () => {
    const { it, pulling, told } = await chime({ quiet: [night] }, localMs(23));
    expect([it.ring(), pulling()]).toEqual(["quiet", false]);
    expect(told, "no line that dates a ring").toEqual([]);
    it.configure(usual);
    expect([it.ring(), pulling()]).toEqual(["rang", true]);
  });

  test("sounds in quiet hours while the clock may be wrong", async () => {
    const { clock, it } = await chime({ quiet: [night] }, localMs(23));
    clock.isSynced = false;
    expect(it.ring()).toBe("rang");
  });
});

describe("quiet hours", () => {
  test.each([
    [21, 59, false],
    [22, 0, true],
    [23, 59, true],
    [0, 0, true],
    [6, 59, true],
    [7, 0, false],
    [12, 0, false],
  ])("over midnight: %i:%i is %s", (hour, minute, quiet) => {
    expect(isQuiet(localMs(hour, minute), [night])).toBe(quiet);
  });

  test("within a day, one of several spans is enough", () => {
    const spans = [night, { fromMinute: 13 * 60, untilMinute: 15 * 60 }];
    expect([12, 13, 14, 15].map((hour) => isQuiet(localMs(hour), spans))).toEqual([false, true, true, false]);
  });
});

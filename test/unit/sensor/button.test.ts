import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Button } from "../../../src/device/sensor/button.ts";
import { PairingButton } from "../../../src/device/sensor/pairing-button.ts";
import { MOTION_GOES_ON_MS, Pir } from "../../../src/device/sensor/pir.ts";
import { SimulatedDriver } from "../../../src/device/sensor/simulated-driver.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const config = { glitchFilterMs: 5, debounceMs: 60, stuckAfterMs: 30_000 };

async function bell({
  down = false,
  touched = false,
  ...changes
}: Partial<typeof config> & { readonly down?: boolean; readonly touched?: boolean } = {}) {
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  if (down) driver.setLevel("bell", 1);
  const events: string[] = [];
  const button = new Button({ ...config, ...changes }, clock, await driver.input("bell"), {
    ...(touched ? { touched: () => void events.push(`touched@${clock.monotonicMs()}`) } : {}),
    pressed: () => void events.push(`pressed@${clock.monotonicMs()}`),
    released: (heldMs) => void events.push(`released after ${heldMs}`),
    stuck: (heldMs) => void events.push(`stuck after ${heldMs}`),
  });
  /** Levels in turn, each for its milliseconds. */
  const play = async (...spans: readonly (readonly [0 | 1, number])[]): Promise<void> => {
    for (const [level, ms] of spans) {
      driver.setLevel("bell", level);
      await clock.advance(ms);
    }
  };
  return { clock, events, button, play };
}

const bounce = (ms: number, first: 0 | 1): readonly (readonly [0 | 1, number])[] =>
  Array.from({ length: ms }, (_, n) => [n % 2 === 0 ? first : first === 1 ? 0 : 1, 1]);

describe("a bell button", () => {
  test("rings at the end of the glitch filter, not at the release", async () => {
    const { events, play } = await bell();
    await play([1, 200], [0, 200]);
    expect(events).toEqual(["pressed@5", "released after 200"]);
  });

  test("says that it was touched before it is sure of a press, so that others stand back", async () => {
    const { events, play } = await bell({ touched: true });
    await play([1, 200], [0, 200]);
    expect(events).toEqual(["touched@0", "pressed@5", "touched@200", "released after 200"]);
  });

  test("rings nothing at a pulse of 1 ms, nor at a hundred of them", async () => {
    const { events, play } = await bell();
    await play([1, 1], [0, 500]);
    for (let n = 0; n < 100; n++) await play([1, 1], [0, 20]);
    expect(events).toEqual([]);
  });

  test("control: without glitch filter the pulse of 1 ms does ring", async () => {
    const { events, play } = await bell({ glitchFilterMs: 1 });
    await play([1, 1], [0, 500]);
    expect(events).toContain("pressed@1");
  });

  test("rings once at a press that bounces for 30 ms, at both ends", async () => {
    const { events, play } = await bell();
    await play(...bounce(30, 1), [1, 300], ...bounce(30, 0), [0, 500]);
    expect(events.filter((event) => event.startsWith("pressed"))).toHaveLength(1);
    expect(events).toHaveLength(2);
  });

  test("rings once when the bounce holds for longer than the glitch filter", async () => {
    const { events, play } = await bell();
    await play([1, 8], [0, 7], [1, 8], [0, 7], [1, 300], [0, 500]);
    expect(events).toEqual(["pressed@5", "released after 330"]);
  });

  test("control: without debounce such a bounce rings three times", async () => {
    const { events, play } = await bell({ debounceMs: 0 });
    await play([1, 8], [0, 7], [1, 8], [0, 7], [1, 300], [0, 500]);
    expect(events.filter((event) => event.startsWith("pressed"))).toHaveLength(3);
  });

  test("rings once, is reported once when stuck, and rings again after its release", async () => {
    const { events, play } = await bell();
    await play([1, 3_600_000], [0, 1000], [1, 200], [0, 200]);
    expect(events).toEqual([
      "pressed@5",
      "stuck after 30000",
      "released after 3600000",
      "pressed@3601005",
      "released after 200",
    ]);
  });

  test("that is down when the power comes on has not been pressed, but is reported when it stays so", async () => {
    const { events, play } = await bell({ down: true });
    await play([1, 40_000], [0, 1000], [1, 200], [0, 200]);
    expect(events).toEqual(["stuck after 30000", "pressed@41005", "released after 200"]);
  });

  test("is released even when the release falls into the debounce time", async () => {
    const { events, play } = await bell();
    await play([1, 20], [0, 500]);
    expect(events).toEqual(["pressed@5", "released after 65"]);
  });

  test("leaves no timer behind", async () => {
    const { clock, button, play } = await bell();
    await play([1, 10]);
    button.stop();
    await play([0, 100], [1, 100]);
    expect(clock.waiting).toBe(0);
  });

  test("never rings more often than its presses are apart, whatever the line does", async () => {
    const span = fc.tuple(fc.constantFrom(0 as const, 1 as const), fc.integer({ min: 1, max: 80 }));
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 40 }), async (spans) => {
        const { events, play } = await bell();
        await play(...spans, [0, 200]);
        const presses = events.filter((event) => event.startsWith("pressed")).map((event) => Number(event.slice(8)));
        const gaps = presses.slice(1).map((at, index) => at - (presses[index] ?? 0));
        expect(gaps.every((gap) => gap >= 2 * config.debounceMs)).toBe(true);
        expect(events.length % 2).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

async function pairing(down = false) {
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  if (down) driver.setLevel("pairing", 1);
  const events: string[] = [];
  const button = new PairingButton(
    { ...config, pressMs: 100, resetHoldMs: 15_000 },
    clock,
    await driver.input("pairing"),
    {
      pairingRequested: () => void events.push("pairing"),
      resetNear: (near) => void events.push(near ? "near" : "not near"),
      factoryResetRequested: () => void events.push(`reset@${clock.monotonicMs()}`),
      stuck: () => void events.push("stuck"),
    },
  );
  const hold = async (ms: number): Promise<void> => {
    driver.press("pairing", ms);
    await clock.advance(ms + 1000);
  };
  return { clock, driver, events, button, hold };
}

describe("the pairing button", () => {
  test("opens pairing at a short press", async () => {
    const { events, hold } = await pairing();
    await hold(400);
    expect(events).toEqual(["pairing"]);
  });

  test("resets after 15 seconds, once, and opens no pairing at its release", async () => {
    const { events, hold } = await pairing();
    await hold(20_000);
    expect(events).toEqual(["near", "not near", "reset@15005"]);
  });

  test("that is let go in the warned time does neither", async () => {
    const { events, hold } = await pairing();
    await hold(14_900);
    expect(events).toEqual(["near", "not near"]);
  });

  test("that is jammed when the power comes on resets nothing", async () => {
    const { clock, events } = await pairing(true);
    await clock.advance(3_600_000);
    expect(events).toEqual(["stuck"]);
  });

  test("that is stopped while held resets nothing and leaves no timer", async () => {
    const { clock, driver, events, button } = await pairing();
    driver.setLevel("pairing", 1);
    await clock.advance(10_000);
    button.stop();
    await clock.advance(60_000);
    expect([events, clock.waiting]).toEqual([["near"], 0]);
  });
});

async function pir() {
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  const seen: number[] = [];
  const sensor = new Pir(config, clock, await driver.input("motion"), () => void seen.push(clock.monotonicMs()));
  return { clock, driver, seen, sensor };
}

describe("a PIR", () => {
  test("says motion at its start, and again while it goes on", async () => {
    const { clock, driver, seen } = await pir();
    driver.press("motion", 12_000);
    await clock.advance(60_000);
    expect(seen).toEqual([5, 5 + MOTION_GOES_ON_MS, 5 + 2 * MOTION_GOES_ON_MS]);
  });

  test("leaves no timer behind", async () => {
    const { clock, driver, sensor } = await pir();
    driver.setLevel("motion", 1);
    await clock.advance(7000);
    sensor.stop();
    expect(clock.waiting).toBe(0);
  });
});

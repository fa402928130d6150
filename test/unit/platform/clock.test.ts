import { describe, expect, test } from "vitest";
import { makeSystemClock } from "../../../src/device/platform/clock.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const clocks = { "the system's": () => makeSystemClock({ trust: "trusted" }), "the fake": () => new FakeClock() };

describe.each(Object.keys(clocks) as (keyof typeof clocks)[])("%s clock", (name) => {
  test("a wait that is aborted rejects with the signal's reason", async () => {
    const waiting = new AbortController();
    const sleep = clocks[name]().sleep(60_000, waiting.signal);
    waiting.abort(new Error("stop"));
    await expect(sleep).rejects.toThrow("stop");
  });

  test("a wait on a signal that has aborted before does not begin", async () => {
    await expect(clocks[name]().sleep(60_000, AbortSignal.abort(new Error("stop")))).rejects.toThrow("stop");
  });

  test("what is cancelled does not run, and may be cancelled twice", () => {
    const clock = clocks[name]();
    const cancel = clock.after(1, () => expect.unreachable());
    cancel();
    cancel();
  });
});

test("a trusted clock is synced at once", () => {
  expect(makeSystemClock({ trust: "trusted" }).synced()).toBe(true);
});

test("the fake clock runs timers in the order they fall due, also those that timers begin", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const say = (word: string) => () => void seen.push(`${word}@${clock.monotonicMs()}`);
  clock.after(20, say("late"));
  clock.after(10, () => clock.after(5, say("nested")));
  const cancel = clock.every(8, say("tick"));
  await clock.advance(20);
  cancel();
  expect(seen).toEqual(["tick@8", "nested@15", "tick@16", "late@20"]);
  expect(clock.waiting).toBe(0);
});

test("a jump of the fake clock's time of day moves no timer", async () => {
  const clock = new FakeClock(0);
  let rang = false;
  clock.after(10, () => {
    rang = true;
  });
  clock.jumpTo(1_000_000);
  await clock.advance(9);
  expect([rang, clock.monotonicMs(), clock.nowMs()]).toEqual([false, 9, 1_000_009]);
});

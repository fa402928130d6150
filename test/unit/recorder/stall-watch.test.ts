import { expect, test } from "vitest";
import { StallWatch } from "../../../src/device/recorder/stall-watch.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

function watched(lanes: readonly string[] = []) {
  const clock = new FakeClock();
  const state = { stalledAtMs: Number.POSITIVE_INFINITY };
  const watch = new StallWatch(clock, lanes, () => {
    state.stalledAtMs = Math.min(state.stalledAtMs, clock.monotonicMs());
  });
  watch.start();
  return { clock, watch, state };
}

/** ffmpeg's line of statistics, once a second. */
async function film(clock: FakeClock, watch: StallWatch, seconds: number, from: number, perSecond = 15): Promise<void> {
  for (let i = 1; i <= seconds; i++) {
    await clock.advance(1000);
    watch.sawLine(`frame= ${from + i * perSecond} fps= 15 q=-1.0 size=N/A time=00:00:46.06 bitrate=N/A speed=1x    `);
  }
}

test("silence is a stall within five seconds of the last frame, and not before three", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 20, 0);
  const lastFrameMs = clock.monotonicMs();
  await clock.advance(3000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
  await clock.advance(2000);
  expect(state.stalledAtMs - lastFrameMs).toBeLessThanOrEqual(5000);
  watch.stop();
  expect(clock.waiting).toBe(0);
});

test("statistics that go on without new frames are a stall too", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 5, 0);
  await film(clock, watch, 5, 75, 0);
  expect(state.stalledAtMs).toBeLessThanOrEqual(10_000);
});

test("frames that go on, be it one a second, are none", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 60, 0, 1);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
});

test("a lane that stops while pictures go on is a stall", async () => {
  const { clock, watch, state } = watched(["audio"]);
  for (let i = 0; i < 5; i++) {
    await film(clock, watch, 1, i * 15);
    watch.sawData("audio");
    watch.sawData("video");
  }
  await film(clock, watch, 5, 75);
  expect(state.stalledAtMs).toBeLessThanOrEqual(10_000);
});

test("a start may take fifteen seconds, no more", async () => {
  const { clock, state } = watched();
  await clock.advance(14_000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
  await clock.advance(1000);
  expect(state.stalledAtMs).toBe(15_000);
});

test("a process of ours that was held up itself looks again before it judges", () => {
  let elapsedMs = 0;
  const ticks: (() => void)[] = [];
  let isStalled = false;
  const held = {
    monotonicMs: () => elapsedMs,
    every: (_ms: number, run: () => void) => {
      ticks.push(run);
      return () => {};
    },
  };
  const watch = new StallWatch(held, [], () => {
    isStalled = true;
  });
  watch.start();
  watch.sawLine("frame=   10 fps= 15");
  elapsedMs += 30_000;
  for (const tick of ticks) tick();
  expect(isStalled).toBe(false);
  elapsedMs += 1000;
  for (const tick of ticks) tick();
  expect(isStalled).toBe(true);
});

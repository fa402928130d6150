import { expect, test } from "vitest";
import { StallWatch } from "../../../src/device/recorder/stall-watch.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const STATISTICS_MS = 1500;

function watched(lanes: readonly string[] = []) {
  const clock = new FakeClock();
  const state = { stalledAtMs: Number.POSITIVE_INFINITY };
  const watch = new StallWatch(clock, lanes, () => {
    state.stalledAtMs = Math.min(state.stalledAtMs, clock.monotonicMs());
  });
  watch.start();
  return { clock, watch, state };
}

/** ffmpeg's lines of statistics, with so many new frames each. */
async function film(clock: FakeClock, watch: StallWatch, lines: number, from: number, frames = 22): Promise<void> {
  for (let i = 1; i <= lines; i++) {
    await clock.advance(STATISTICS_MS);
    watch.sawLine(`frame= ${from + i * frames} fps= 15 q=-1.0 size=N/A time=00:00:46.06 bitrate=N/A speed=1x    `);
  }
}

test("silence is a stall within five seconds of the last frame, and not before three", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 20, 0);
  // The last frame may have come as much as a line earlier.
  const lastFrameMs = clock.monotonicMs() - STATISTICS_MS;
  await clock.advance(3000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
  await clock.advance(10_000);
  expect(state.stalledAtMs - lastFrameMs).toBeLessThanOrEqual(5000);
  watch.stop();
  expect(clock.waiting).toBe(0);
});

test("statistics that go on without new frames are a stall too", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 4, 0);
  await film(clock, watch, 4, 88, 0);
  expect(state.stalledAtMs).toBeLessThanOrEqual(6000 + 5000 - STATISTICS_MS);
});

test("frames that go on are none, be it one at a time", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 60, 0, 1);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
});

test("a lane that stops while pictures go on is a stall", async () => {
  const { clock, watch, state } = watched(["audio"]);
  for (let i = 0; i < 4; i++) {
    await film(clock, watch, 1, i * 22);
    watch.sawData("audio");
    watch.sawData("video");
  }
  await film(clock, watch, 4, 88);
  expect(state.stalledAtMs).toBeLessThanOrEqual(6000 + 5000);
});

test("a lane that nobody must hear may be silent", async () => {
  const { clock, watch, state } = watched();
  watch.sawData("audio");
  await film(clock, watch, 10, 0);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
});

test("before ffmpeg has counted a frame, silence after the first bytes is no stall for as long as a start may take", async () => {
  const { clock, watch, state } = watched(["audio"]);
  watch.sawData("video");
  watch.sawData("audio");
  await clock.advance(5000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
  await clock.advance(11_000);
  expect(state.stalledAtMs).toBeLessThan(16_000);
});

test("a start may take fifteen seconds, not much more", async () => {
  const { clock, state } = watched();
  await clock.advance(15_000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
  await clock.advance(1000);
  expect(state.stalledAtMs).toBeLessThanOrEqual(16_000);
});

test("a process of ours that was held up reads what waits for it before it judges", async () => {
  const { clock, watch, state } = watched();
  await film(clock, watch, 4, 0);
  await clock.advance(3300);
  watch.sawLine("frame=  200 fps= 15");
  await clock.advance(3000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
});

test("after the stop nothing is told any more", async () => {
  const { clock, watch, state } = watched();
  watch.stop();
  watch.sawData("video");
  await clock.advance(60_000);
  expect(state.stalledAtMs).toBe(Number.POSITIVE_INFINITY);
});

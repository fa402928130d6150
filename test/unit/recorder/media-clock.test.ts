import { expect, test } from "vitest";
import { MediaClock } from "../../../src/device/recorder/media-clock.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";
import { laneFragment } from "./fragments.ts";

test("before the first fragment is whole, media time counts from when ffmpeg had a picture", async () => {
  const clock = new FakeClock();
  const media = new MediaClock(clock);
  expect(media.nowMs()).toBeUndefined();
  expect(media.pictureEndMs).toBeUndefined();
  media.begin();
  await clock.advance(6000);
  expect(media.nowMs()).toBe(6000);
  expect(media.pictureEndMs).toBe(0);
});

test("a whole fragment tells it better, and a new ffmpeg begins anew", async () => {
  const clock = new FakeClock();
  const media = new MediaClock(clock);
  media.begin();
  await clock.advance(9000);
  const fragment = laneFragment("video", 0, 10_000);
  media.sawPicture(fragment);
  const sinceArrivalMs = clock.monotonicMs() - fragment.arrivedAtMs;
  expect(media.nowMs()).toBe(10_000 + sinceArrivalMs);
  expect(media.pictureEndMs).toBe(10_000);
  media.reset();
  expect(media.nowMs()).toBeUndefined();
});

import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { OpenRecording, type RecordingPlan } from "../../../src/device/recorder/open-recording.ts";
import { type Fragment, QUEUE_LIMIT_BYTES } from "../../../src/device/recorder/recording.ts";
import { fragmentTiming } from "../../../src/protocol/fmp4.ts";
import { needBox } from "../../../src/protocol/mp4-boxes.ts";
import { tinyInit } from "../../fakes/tiny-mp4.ts";
import { laneFragment, TIMESCALE } from "./fragments.ts";

const init = (name: string) => ({ bytes: new TextEncoder().encode(`init of ${name}`), timescale: TIMESCALE });

function open(changes: Partial<RecordingPlan> = {}) {
  const now = { mediaMs: 12_400 };
  const recording = new OpenRecording({
    trigger: "ring",
    triggeredAtMs: 1_767_225_600_000,
    inits: { video: { bytes: tinyInit("video"), timescale: TIMESCALE }, audio: init("audio") },
    triggerMediaMs: 12_400,
    firstPictureMs: 10_000,
    postRollMs: 2000,
    maximumMs: 8000,
    mediaNowMs: () => now.mediaMs,
    ...changes,
  });
  return { recording, now };
}

async function all(recording: OpenRecording): Promise<Fragment[]> {
  const fragments: Fragment[] = [];
  for await (const fragment of recording.fragments) fragments.push(fragment);
  return fragments;
}

/** Seconds of picture and sound, as they come. */
function feed(recording: OpenRecording, fromMs: number, toMs: number): void {
  for (let at = fromMs; at < toMs; at += 1000) {
    recording.accept(laneFragment("audio", at, 500));
    recording.accept(laneFragment("audio", at + 500, 500));
    recording.accept(laneFragment("video", at));
  }
}

describe("a recording", () => {
  test("begins with the init segments, then counts every lane from the first picture", async () => {
    const { recording } = open();
    recording.accept(laneFragment("audio", 9800, 500));
    recording.accept(laneFragment("video", 10_000));
    recording.accept(laneFragment("audio", 10_300, 500));
    recording.accept(laneFragment("video", 11_000));
    recording.end("cut");
    const fragments = await all(recording);
    expect(fragments.map(({ lane, init: isInit, startMs }) => [lane, isInit, startMs])).toEqual([
      ["video", true, 0],
      ["audio", true, 0],
      ["video", false, 0],
      ["audio", false, 300],
      ["video", false, 1000],
    ]);
    const times = fragments.filter((fragment) => !fragment.init).map(({ bytes }) => fragmentTiming(bytes, TIMESCALE));
    expect(times.map(({ baseDecodeTime, sequence }) => [baseDecodeTime, sequence])).toEqual([
      [0, 1],
      [300, 1],
      [1000, 2],
    ]);
  });

  test("ends with the picture that completes the post-roll, and the sound that goes with it", async () => {
    const { recording } = open();
    expect(recording.preRollMs).toBe(2400);
    feed(recording, 10_000, 14_000);
    recording.accept(laneFragment("audio", 14_000, 500));
    recording.accept(laneFragment("video", 14_000));
    expect(recording.isOver).toBe(false);
    expect(recording.accept(laneFragment("audio", 14_500, 500))).toBe(true);
    expect(recording.isOver).toBe(true);
    expect(recording.accept(laneFragment("audio", 15_000, 500))).toBe(false);
    expect(recording.closed).toBe("full");
    expect(recording.durationSoFarMs).toBe(5000);
    expect(await all(recording)).toHaveLength(2 + 5 + 10);
  });

  test("keeps no sound that begins after its last picture, whether it ends as planned or is cut", async () => {
    for (const { lastMs, closed } of [
      { lastMs: 6000, closed: "full" },
      { lastMs: 2000, closed: "cut" },
    ]) {
      const { recording } = open();
      const sounds = Array.from({ length: 16 }, (_, i) => laneFragment("audio", 10_000 + i * 500, 500));
      const memories = sounds.map(({ bytes }) => bytes);
      for (const sound of sounds) recording.accept(sound);
      recording.accept(laneFragment("video", 10_000, lastMs));
      recording.end("cut");
      const fragments = await all(recording);
      expect(recording.closed).toBe(closed);
      expect(fragments.filter(({ lane }) => lane === "audio").at(-1)?.startMs).toBe(lastMs - 500);
      const leftOut = memories.filter((memory) => fragments.every(({ bytes }) => bytes !== memory));
      expect(leftOut).toHaveLength(16 - lastMs / 500);
      expect(leftOut.every((memory) => memory.every((byte) => byte === 0))).toBe(true);
    }
  });

  test("does not wait for sound beyond the next picture, which is not its own", () => {
    const { recording } = open();
    feed(recording, 10_000, 14_000);
    recording.accept(laneFragment("video", 14_000));
    expect(recording.accept(laneFragment("video", 15_000))).toBe(false);
    expect(recording.closed).toBe("full");
  });

  test("is extended from the moment it is asked, up to its maximum", () => {
    const { recording, now } = open();
    feed(recording, 10_000, 14_000);
    now.mediaMs = 14_100;
    recording.extend();
    feed(recording, 14_000, 16_000);
    expect(recording.isOver).toBe(false);
    now.mediaMs = 16_900;
    recording.extend();
    feed(recording, 16_000, 18_000);
    expect(recording.isOver).toBe(true);
    expect(recording.durationSoFarMs).toBe(8000);
  });

  test("gives its newest picture as a film to whoever asks while it runs, though that is sealed already", async () => {
    const { recording } = open({ trigger: "motion", triggerMediaMs: 0, postRollMs: 4000 });
    recording.accept(laneFragment("video", 10_000, 1000, Uint8Array.of(1, 1, 1)));
    recording.accept(laneFragment("video", 11_000, 1000, Uint8Array.of(2, 2, 2)));
    const reader = recording.fragments[Symbol.asyncIterator]();
    for (let i = 0; i < 4; i += 1) (await reader.next()).value?.giveBack();
    const asked = await Promise.all([recording.newestPicture(), recording.newestPicture()]);
    expect(asked.map((film) => needBox(film ?? new Uint8Array(), "mdat").content)).toEqual([
      Uint8Array.of(2, 2, 2),
      Uint8Array.of(2, 2, 2),
    ]);
    recording.accept(laneFragment("video", 12_000, 1000, Uint8Array.of(3, 3, 3)));
    expect([...((await recording.newestPicture()) ?? []).slice(-3)]).toEqual([3, 3, 3]);
    recording.end("cut");
    expect(await recording.newestPicture()).toBeNull();
  });

  test("whose first picture is still to come gives that to whoever asks, or none when it ends before", async () => {
    const { recording } = open({ trigger: "motion" });
    const asked = [recording.newestPicture(), recording.newestPicture()];
    recording.accept(laneFragment("video", 10_000, 1000, Uint8Array.of(1, 1, 1)));
    const films = await Promise.all(asked);
    expect(films.map((film) => [...(film ?? []).slice(-3)])).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const { recording: early } = open({ trigger: "motion" });
    const none = early.newestPicture();
    early.end("cut");
    expect(await none).toBeNull();
  });

  test("has as its thumbnail the key frame of the fragment in which it was triggered, in memory of its own", async () => {
    const { recording } = open();
    let isThere = false;
    const thumbnail = recording.thumbnail().finally(() => {
      isThere = true;
    });
    recording.accept(laneFragment("video", 10_000, 1000, Uint8Array.of(1, 1, 1)));
    recording.accept(laneFragment("video", 11_000, 1000, Uint8Array.of(2, 2, 2)));
    await nextTurn();
    expect(isThere).toBe(false);
    recording.accept(laneFragment("video", 12_000, 1000, Uint8Array.of(3, 3, 3)));
    recording.accept(laneFragment("video", 13_000, 1000, Uint8Array.of(4, 4, 4)));
    recording.end("cut");
    for (const { bytes } of await all(recording)) bytes.fill(0);
    expect(needBox((await thumbnail) ?? new Uint8Array(), "mdat").content).toEqual(Uint8Array.of(3, 3, 3));
  });

  test("whose camera sends what holds no picture goes on without a thumbnail", async () => {
    const { recording } = open();
    recording.accept(laneFragment("video", 12_000, 1000, new Uint8Array()));
    recording.accept(laneFragment("video", 13_000, 1000, Uint8Array.of(4, 4, 4)));
    expect(await recording.thumbnail()).toBeNull();
    expect(recording.isOver).toBe(false);
  });

  test("hands on the memory it was given, and what is given back is overwritten", async () => {
    const { recording } = open();
    const fragment = laneFragment("video", 10_000);
    const { bytes } = fragment;
    recording.accept(fragment);
    recording.end("cut");
    expect(fragment.bytes).toHaveLength(0);
    const handedOn = (await all(recording)).at(-1);
    expect(handedOn?.bytes).toBe(bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
    handedOn?.giveBack();
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  test("is cut when the camera's time jumps back", () => {
    const { recording } = open();
    recording.accept(laneFragment("video", 10_000));
    recording.accept(laneFragment("video", 2000));
    expect(recording.isOver).toBe(true);
    expect(recording.closed).toBe("cut");
  });

  test("is cut when nobody takes its fragments and they fill the memory meant for them", async () => {
    const { recording } = open({ maximumMs: 1e9, postRollMs: 1e9 });
    const third = new Uint8Array(Math.ceil(QUEUE_LIMIT_BYTES / 3));
    for (let i = 0; i < 3; i++) recording.accept(laneFragment("video", 10_000 + i * 1000, 1000, third));
    expect(recording.isOver).toBe(true);
    expect(recording.closed).toBe("cut");
    expect(await all(recording)).toHaveLength(4);
  });

  test("that ended before its trigger was in a picture has its newest as thumbnail, or none", async () => {
    const { recording } = open();
    recording.accept(laneFragment("video", 10_000, 1000, Uint8Array.of(1, 1, 1)));
    recording.accept(laneFragment("video", 11_000, 1000, Uint8Array.of(2, 2, 2)));
    recording.end("cut");
    expect([...((await recording.thumbnail()) ?? []).slice(-3)]).toEqual([2, 2, 2]);
    const { recording: early } = open();
    early.end("cut");
    expect(await early.thumbnail()).toBeNull();
  });

  test("triggered right after another counts from the picture that is being taken", () => {
    const { recording } = open({ firstPictureMs: 12_000, triggerMediaMs: 12_400 });
    expect(recording.preRollMs).toBe(400);
  });
});

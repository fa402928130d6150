import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fragmentTiming, trackInfo } from "../../../src/protocol/fmp4.ts";
import {
  collect,
  H264,
  lane,
  makeFilm,
  play,
  playMp4,
  startRecorder,
  TEST_PICTURE,
  TEST_TONE,
  useScratch,
} from "./recorder-rig.ts";

useScratch();

describe("a recording of the test pattern", () => {
  test("begins with the pre-roll, plays from zero, and sound lies where the picture has it", async () => {
    const { recorder } = await startRecorder();
    await sleep(4000);
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    expect(recording.preRollMs).toBeGreaterThanOrEqual(2000);
    expect(recording.preRollMs).toBeLessThan(4500);
    const fragments = await collect(recording);
    expect(recording.closed).toBe("full");

    const video = lane(fragments, "video");
    const audio = lane(fragments, "audio");
    expect(fragments.slice(0, 2).map(({ init }) => init)).toEqual([true, true]);
    expect(fragments.filter(({ init }) => init)).toHaveLength(2);
    expect(video.slice(1).every(({ keyFrame }) => keyFrame)).toBe(true);

    const { timescale } = trackInfo(recording.inits.video);
    const times = video.slice(1).map(({ bytes }) => fragmentTiming(bytes, timescale));
    expect(times.map(({ sequence }) => sequence)).toEqual(times.map((_, i) => i + 1));
    expect(times[0]?.baseDecodeTime).toBe(0);
    let endTicks = 0;
    for (const { baseDecodeTime, durationTicks } of times) {
      expect(baseDecodeTime).toBe(endTicks);
      endTicks = baseDecodeTime + durationTicks;
    }
    const lengthMs = (endTicks * 1000) / timescale;
    expect(lengthMs).toBe(recording.durationSoFarMs);
    expect(lengthMs).toBeGreaterThanOrEqual(recording.preRollMs + 1500);

    const picture = await play(video);
    expect(picture).toMatchObject({ startSeconds: 0, codec: "h264", width: 320, complaints: "" });
    const sound = await play(audio);
    expect(sound).toMatchObject({ codec: "aac", complaints: "" });
    // Sound begins with the first fragment that lies wholly in the clip, so within its first half second.
    expect(sound.startSeconds).toBeGreaterThanOrEqual(0);
    expect(sound.startSeconds).toBeLessThan(0.6);
    const soundEndMs = Math.max(...audio.map(({ startMs, durationMs }) => startMs + durationMs));
    expect(soundEndMs).toBeGreaterThan(lengthMs - 80);
  });

  test.each(["motion", "ring"] as const)("has a thumbnail, a film of one picture, after %s", async (trigger) => {
    const { recorder } = await startRecorder({
      picture: { width: 640, height: 360, framesPerSecond: 15, bitrateKbps: 500 },
    });
    const recording = recorder.record(trigger);
    const played = await playMp4(await recording?.thumbnail());
    expect(played).toMatchObject({ codec: "h264", width: 640, packets: 1, startSeconds: 0, complaints: "" });
  });

  test("stands back for others, now and then, and loses nothing by it", async () => {
    const { recorder } = await startRecorder({ postRollMs: 4000 });
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const all = collect(recording);
    const calls = setInterval(() => recorder.standBack(400), 20); // without a bound it would read nothing at all
    const fragments = await all;
    clearInterval(calls);
    expect(recording.closed).toBe("full");
    const { timescale } = trackInfo(recording.inits.video);
    let endTicks = 0;
    for (const { bytes } of lane(fragments, "video").slice(1)) {
      const { baseDecodeTime, durationTicks } = fragmentTiming(bytes, timescale);
      expect(baseDecodeTime).toBe(endTicks);
      endTicks = baseDecodeTime + durationTicks;
    }
    expect((endTicks * 1000) / timescale).toBeGreaterThanOrEqual(recording.preRollMs + 3500);
    expect(await play(lane(fragments, "video"))).toMatchObject({ complaints: "" });
    expect(await play(lane(fragments, "audio"))).toMatchObject({ complaints: "" });
  });

  test("is made longer by a second trigger, up to the limit, and the next one starts without its pictures", async () => {
    const { recorder } = await startRecorder({ postRollMs: 2000, maximumClipMs: 5000 });
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const all = collect(recording);
    await sleep(1500);
    expect(recorder.record("motion")).toBe(recording);
    await sleep(1500);
    expect(recorder.record("ring")).toBe(recording);
    await all;
    expect(recording.durationSoFarMs).toBeGreaterThanOrEqual(5000);
    expect(recording.durationSoFarMs).toBeLessThan(6100);
    const next = recorder.record("ring");
    expect(next).not.toBe(recording);
    expect(next?.preRollMs).toBeLessThan(1500);
  });
});

describe("a recording of a film", () => {
  test("holds the camera's own H.264, bit by bit", async () => {
    const path = await makeFilm(
      "copied.mp4",
      ...TEST_PICTURE,
      ...TEST_TONE,
      "-t",
      "6",
      ...H264,
      "-g",
      "15",
      "-c:a",
      "aac",
    );
    const { recorder } = await startRecorder({ source: { kind: "file", path, subPath: null } });
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const [, first] = lane(await collect(recording), "video");
    if (first === undefined) throw new Error("no picture");
    const mediaAt = Buffer.from(first.bytes).indexOf("mdat") + 4;
    // ffmpeg puts the encoder's note before the first picture of a file only.
    const firstSample = Buffer.from(first.bytes.subarray(mediaAt + 2000, mediaAt + 4000));
    expect((await readFile(path)).includes(firstSample)).toBe(true);
  });

  test("with a key frame every eight seconds has fragments of eight seconds, and its camera is not taken for lost", async () => {
    const path = await makeFilm("long.mp4", ...TEST_PICTURE, "-t", "16", ...H264, "-g", "120", "-sc_threshold", "0");
    const { recorder, notices } = await startRecorder({
      source: { kind: "file", path, subPath: null },
      postRollMs: 1000,
    });
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const fragments = await collect(recording);
    expect(fragments.map(({ lane: name, durationMs }) => [name, Math.round(durationMs)])).toEqual([
      ["video", 0],
      ["video", 8000],
    ]);
    expect(notices).toEqual([]);
  });

  test("that is not H.264 is encoded, keeps its size, and without sound has no lane for it", async () => {
    const path = await makeFilm("motion.avi", ...TEST_PICTURE, "-t", "3", "-c:v", "mjpeg");
    const { recorder } = await startRecorder({ source: { kind: "file", path, subPath: null } });
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    expect(recording.inits.audio).toBeUndefined();
    const fragments = await collect(recording);
    expect(fragments.every((fragment) => fragment.lane === "video")).toBe(true);
    expect(fragments.slice(1).every(({ durationMs }) => durationMs < 1200)).toBe(true);
    expect(await play(fragments)).toMatchObject({ codec: "h264", width: 320, startSeconds: 0, complaints: "" });
  });

  test("with B-frames and sound before zero still puts both lanes on one zero", async () => {
    const encoder = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "2", "-g", "15"];
    const path = await makeFilm("b-frames.mp4", ...TEST_PICTURE, ...TEST_TONE, "-t", "6", ...encoder, "-c:a", "aac");
    const { recorder } = await startRecorder({ source: { kind: "file", path, subPath: null } });
    await sleep(3000);
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const fragments = await collect(recording);
    const { timescale } = trackInfo(recording.inits.video);
    const [, first] = lane(fragments, "video");
    expect(first && fragmentTiming(first.bytes, timescale).baseDecodeTime).toBe(0);
    expect((await play(lane(fragments, "video"))).complaints).toBe("");
    expect((await play(lane(fragments, "audio"))).complaints).toBe("");
  });
});

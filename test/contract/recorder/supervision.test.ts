import { existsSync, readdirSync, statSync } from "node:fs";
import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  clockThatSleepsAtMost,
  collect,
  ffmpegOf,
  H264,
  lane,
  makeFilm,
  makeRecorder,
  play,
  playMp4,
  processesWith,
  scratch,
  startRecorder,
  TEST_PICTURE,
  until,
  useScratch,
} from "./recorder-rig.ts";

useScratch();

describe("supervision", () => {
  test("an ffmpeg that hangs is killed and replaced; what was recorded until then is kept as cut", async () => {
    const rig = await startRecorder();
    await sleep(2500);
    const recording = rig.recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const hung = await ffmpegOf(rig);
    process.kill(hung, "SIGSTOP");
    const fragments = await collect(recording);
    expect(recording.closed).toBe("cut");
    expect((await play(lane(fragments, "video"))).complaints).toBe("");
    // Of the last second before the ring.
    expect(await playMp4(await recording.thumbnail())).toMatchObject({ packets: 1, complaints: "" });
    await rig.recorder.ready();
    await until(() => rig.notices.includes("cameraBack"));
    expect(rig.notices).toEqual(["cameraLost", "cameraBack"]);
    expect(await ffmpegOf(rig)).not.toBe(hung);
    expect(() => process.kill(hung, 0)).toThrow();
  });

  test("an ffmpeg that is killed is replaced, and viewers' socket stays", async () => {
    const rig = await startRecorder();
    expect(rig.timesReady()).toBe(1);
    process.kill(await ffmpegOf(rig), "SIGKILL");
    await until(() => rig.notices.includes("cameraBack") && rig.timesReady() === 2);
    expect(rig.notices).toEqual(["cameraLost", "cameraBack"]);
    expect(existsSync(rig.recorder.liveSocketPath)).toBe(true);
  });

  test("an ffmpeg that outlives the daemon which started it takes no socket of the next one", async () => {
    const runtimeDir = scratch("outlived");
    const [before, after] = [makeRecorder({ runtimeDir }), makeRecorder({ runtimeDir })];
    try {
      // At the same time, so that each opens its sockets while the other does.
      await before.recorder.start();
      await after.recorder.start();
      await Promise.all([before.recorder.ready(), after.recorder.ready()]);
      await before.recorder.stop();
      expect([...before.notices, ...after.notices]).toEqual([]);
    } finally {
      await before.recorder.stop();
      await after.recorder.stop();
    }
  });

  test("a camera that is not there is told once and tried again until it is", async () => {
    const path = await makeFilm("later.mp4", ...TEST_PICTURE, "-t", "2");
    await rename(path, `${path}.away`);
    const rig = makeRecorder({ source: { kind: "file", path, subPath: null } });
    try {
      await rig.recorder.start();
      await until(() => rig.notices.length > 0);
      expect(rig.recorder.record("ring")).toBeNull();
      await rename(`${path}.away`, path);
      await rig.recorder.ready();
      await until(() => rig.notices.includes("cameraBack"));
      expect(rig.notices).toEqual(["cameraLost", "cameraBack"]);
    } finally {
      await rig.recorder.stop();
    }
  });

  test("a lost camera is tried at once when somebody rings", async () => {
    const path = await makeFilm("rung.mp4", ...TEST_PICTURE, "-t", "2");
    await rename(path, `${path}.away`);
    const rig = makeRecorder({ source: { kind: "file", path, subPath: null } }, clockThatSleepsAtMost(100));
    try {
      await rig.recorder.start();
      await until(() => rig.notices.length > 0);
      await rename(`${path}.away`, path);
      expect(rig.recorder.record("motion")).toBeNull();
      await sleep(2000);
      expect(rig.recorder.isReady).toBe(false); // control: nothing else ends the wait
      expect(rig.recorder.record("ring")).toBeNull();
      await rig.recorder.ready();
    } finally {
      await rig.recorder.stop();
    }
  });

  test("a camera lost again before its first fragment is whole is told again", async () => {
    // Key frames far apart: the first fragment would be whole after ten seconds.
    const path = await makeFilm("long.mp4", ...TEST_PICTURE, "-t", "20", ...H264, "-g", "150");
    const rig = await startRecorder({ source: { kind: "file", path, subPath: null } });
    process.kill(await ffmpegOf(rig), "SIGKILL");
    await until(() => rig.timesReady() === 2);
    process.kill(await ffmpegOf(rig), "SIGKILL");
    await until(() => rig.timesReady() === 3);
    expect(rig.notices).toEqual(["cameraLost", "cameraLost"]);
  });
});

describe("privacy and end", () => {
  test("privacy ends the camera's process and lets nothing record until it is lifted", async () => {
    const rig = await startRecorder();
    const recording = rig.recorder.record("ring");
    await rig.recorder.setPrivacy(true);
    expect(await processesWith(rig.config.runtimeDir)).toEqual([]);
    expect(recording?.closed).toBe("cut");
    expect(rig.recorder.record("ring")).toBeNull();
    rig.recorder.motionSensed();
    expect(rig.motions()).toBe(0);
    await rig.recorder.setPrivacy(false);
    await rig.recorder.ready();
    expect(rig.recorder.record("ring")).not.toBeNull();
    expect(rig.notices).toEqual([]);
  });

  test("stop leaves no process and no socket, however often it is called", async () => {
    const rig = await startRecorder();
    await rig.recorder.stop();
    await rig.recorder.stop();
    expect(await processesWith(rig.config.runtimeDir)).toEqual([]);
    expect(existsSync(rig.recorder.liveSocketPath)).toBe(false);
  });

  test("sockets lie in a folder for this user alone, and ffmpeg writes no file there", async () => {
    const rig = await startRecorder();
    await sleep(1500);
    const folder = `${rig.config.runtimeDir}/camera`;
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(`${folder}/${name}`).isSocket()).toBe(true);
  });
});

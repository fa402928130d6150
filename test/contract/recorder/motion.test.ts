import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { MotionConfig } from "../../../src/device/recorder/recorder-config.ts";
import { ffmpegOf, H264, makeFilm, startRecorder, TEST_PICTURE, until, useScratch } from "./recorder-rig.ts";

useScratch();

const motion = (mode: MotionConfig["mode"]): { motion: MotionConfig } => ({
  motion: { mode, zones: [], minimumArea: 0.002, quietMs: 1000 },
});
const STILL_PICTURE = ["-f", "lavfi", "-i", "smptebars=size=320x180:rate=15"];
const film = async (name: string, picture: readonly string[]) => {
  const path = await makeFilm(name, ...picture, "-t", "10", ...H264, "-g", "15");
  return { source: { kind: "file", path, subPath: null } } as const;
};

describe("motion", () => {
  test("by the sensor alone is reported at once, and nothing is decoded", async () => {
    const rig = await startRecorder({ ...motion("pir"), ...(await film("sensor.mp4", TEST_PICTURE)) });
    const commandLine = await readFile(`/proc/${await ffmpegOf(rig)}/cmdline`, "utf8");
    expect(commandLine).not.toMatch(/rawvideo|-vf/);
    rig.recorder.motionSensed();
    expect(rig.motions()).toBe(1);
  });

  test("in pixels is reported where something moves, whatever the sensor says", async () => {
    const rig = await startRecorder({ ...motion("pixels"), ...(await film("moving.mp4", TEST_PICTURE)) });
    rig.recorder.motionSensed();
    expect(rig.motions()).toBe(0);
    await until(() => rig.motions() > 0);
  });

  test("in pixels is not reported in a still picture", async () => {
    const rig = await startRecorder({ ...motion("pixels"), ...(await film("still.mp4", STILL_PICTURE)) });
    await sleep(8000);
    expect(rig.motions()).toBe(0);
    expect(rig.notices).toEqual([]);
  });

  test("by the sensor, verified, is reported when the picture agrees", async () => {
    const rig = await startRecorder({ ...motion("pir-verified"), ...(await film("agrees.mp4", TEST_PICTURE)) });
    await sleep(3000);
    expect(rig.motions()).toBe(0);
    rig.recorder.motionSensed();
    await until(() => rig.motions() > 0);
  });

  test("by the sensor, verified, is not reported when nothing moves, and can be asked again", async () => {
    const rig = await startRecorder({ ...motion("pir-verified"), ...(await film("disagrees.mp4", STILL_PICTURE)) });
    await sleep(2000);
    rig.recorder.motionSensed();
    await sleep(9000);
    expect(rig.motions()).toBe(0);
    const recording = rig.recorder.record("ring");
    expect(recording?.preRollMs).toBeLessThan(12_000);
  });

  test("off is off", async () => {
    const rig = await startRecorder(motion("off"));
    rig.recorder.motionSensed();
    expect(rig.motions()).toBe(0);
  });
});

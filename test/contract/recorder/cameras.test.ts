import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fragmentTiming, trackInfo } from "../../../src/protocol/fmp4.ts";
import { RtspCamera } from "../../fakes/rtsp-camera.ts";
import {
  collect,
  H264,
  lane,
  makeFilm,
  makeRecorder,
  play,
  processesWith,
  startRecorder,
  TEST_PICTURE,
  TEST_TONE,
  until,
  useScratch,
} from "./recorder-rig.ts";

useScratch();

describe("an RTSP camera", () => {
  const camera = new RtspCamera();
  const publishers = new Set<ChildProcess>();
  let address = "";
  let film = "";
  let smallFilm = "";

  const publish = async (path: string, file: string): Promise<ChildProcess> => {
    const copy = ["-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", file, "-c", "copy"];
    const child = spawn("ffmpeg", [...copy, "-f", "rtsp", "-rtsp_transport", "tcp", `${address}${path}`], {
      stdio: "ignore",
    });
    publishers.add(child);
    await until(() => camera.isPublished(path));
    return child;
  };

  beforeAll(async () => {
    address = await camera.start();
    film = await makeFilm("main.mp4", ...TEST_PICTURE, ...TEST_TONE, "-t", "10", ...H264, "-g", "15", "-c:a", "aac");
    smallFilm = await makeFilm("sub.mp4", "-i", film, "-an", "-vf", "scale=160:90,fps=5", ...H264, "-g", "5");
  });
  afterAll(() => {
    for (const publisher of publishers) publisher.kill("SIGKILL");
    camera.stop();
  });

  test("is copied with its sound, and its sub-stream is watched for motion", async () => {
    await publish("/main", film);
    await publish("/sub", smallFilm);
    const { recorder, motions } = await startRecorder({
      source: { kind: "rtsp", url: `${address}/main`, subUrl: `${address}/sub` },
      motion: { mode: "pixels", zones: [], minimumArea: 0.002, quietMs: 1000 },
    });
    await sleep(3000);
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const fragments = await collect(recording);
    expect(recording.closed).toBe("full");
    expect((await play(lane(fragments, "video"))).complaints).toBe("");
    expect(await play(lane(fragments, "audio"))).toMatchObject({ codec: "aac", complaints: "" });
    await until(() => motions() > 0);
  });

  test("that goes away and comes back is told and recorded again", async () => {
    const publisher = await publish("/leaving", film);
    const rig = await startRecorder({ source: { kind: "rtsp", url: `${address}/leaving`, subUrl: null } });
    publisher.kill("SIGKILL");
    await until(() => rig.notices.includes("cameraLost"));
    await until(() => !camera.isPublished("/leaving"));
    await publish("/leaving", film);
    await until(() => rig.notices.includes("cameraBack"));
    expect(rig.notices).toEqual(["cameraLost", "cameraBack"]);
  });
});

describe("a camera program that pipes H.264", () => {
  const program = join(import.meta.dirname, "../../fakes/camera-program.mjs");

  test("and ends as if all were well (ffmpeg exits with code 0) is told as lost, and started again", async () => {
    const rig = await startRecorder({
      source: { kind: "rpicam", program, extraArguments: [] },
      sound: { kind: "off" },
    });
    const [writer] = await processesWith(`-f h264 ${rig.config.runtimeDir}`);
    if (writer === undefined) throw new Error("no camera program runs");
    process.kill(writer, "SIGTERM");
    await until(() => rig.notices.includes("cameraBack"));
    expect(rig.notices).toEqual(["cameraLost", "cameraBack"]);
  });

  test("is copied in fragments of a second, and ends with the recorder", async () => {
    const rig = await startRecorder({
      source: { kind: "rpicam", program, extraArguments: [] },
      sound: { kind: "off" },
      preRollMs: 1000,
    });
    await sleep(3000);
    const recording = rig.recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const fragments = await collect(recording);
    const { timescale } = trackInfo(recording.inits.video);
    for (const { bytes } of fragments.slice(1)) {
      const { durationTicks } = fragmentTiming(bytes, timescale);
      expect(Math.abs(durationTicks / timescale - 1)).toBeLessThan(0.25);
    }
    expect((await play(fragments)).complaints).toBe("");
    await rig.recorder.stop();
    expect(await processesWith(rig.config.runtimeDir)).toEqual([]);
  });

  test("that is not installed is named, and nothing is left behind", async () => {
    const rig = makeRecorder({
      source: { kind: "rpicam", program: "/nowhere/rpicam-vid", extraArguments: [] },
      sound: { kind: "off" },
    });
    await rig.recorder.start();
    await until(() => rig.notices.includes("cameraLost"));
    await rig.recorder.stop();
    expect(await processesWith(rig.config.runtimeDir)).toEqual([]);
  });
});

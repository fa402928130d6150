import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  clockThatSleepsAtMost,
  collect,
  ffmpegOf,
  H264,
  lane,
  makeFilm,
  makeRecorder,
  play,
  playFile,
  scratch,
  startRecorder,
  TEST_PICTURE,
  until,
  useScratch,
} from "./recorder-rig.ts";

useScratch();

function view(path: string): { readonly socket: Socket; readonly chunks: Buffer[] } {
  const chunks: Buffer[] = [];
  const socket = connect(path);
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { socket, chunks };
}

const length = (chunks: readonly Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);

describe("live viewers", () => {
  test("come and go while recording, which loses no frame and keeps its ffmpeg", async () => {
    const rig = await startRecorder({ postRollMs: 5000 });
    const { recorder } = rig;
    const pid = await ffmpegOf(rig);
    const recording = recorder.record("ring");
    if (recording === null) throw new Error("nothing recorded");
    const all = collect(recording);
    for (let i = 0; i < 4; i++) {
      const viewer = view(recorder.liveSocketPath);
      await until(() => length(viewer.chunks) > 0);
      viewer.socket.destroy();
      await sleep(300);
    }
    const video = lane(await all, "video");
    expect(recording.closed).toBe("full");
    const played = await play(video);
    expect(played.complaints).toBe("");
    expect(played.packets).toBe(Math.round((recording.durationSoFarMs * 15) / 1000));
    expect(await ffmpegOf(rig)).toBe(pid);
  });

  test("begin at a fresh key frame with sound, also when nobody has watched for a while", async () => {
    const { recorder } = await startRecorder();
    // Long enough for socket and queue to be full of what is old by now.
    await sleep(8000);
    const viewer = view(recorder.liveSocketPath);
    await until(() => length(viewer.chunks) > 60_000);
    viewer.socket.destroy();
    const path = scratch("live.ts");
    await writeFile(path, Buffer.concat(viewer.chunks));
    const played = await playFile(path);
    expect(played).toMatchObject({ codec: "h264", width: 320 });
    expect(played.startSeconds).toBeGreaterThan(6);
    expect(played.complaints.replaceAll(/^.*(truncat|corrupt|Packet).*$/gim, "").trim()).toBe("");
  });

  test("that do not read are dropped, and the others and the recording go on", async () => {
    const rig = await startRecorder({ picture: { width: 640, height: 360, framesPerSecond: 15, bitrateKbps: 12_000 } });
    const { recorder } = rig;
    const idle = connect(recorder.liveSocketPath);
    idle.pause();
    const viewer = view(recorder.liveSocketPath);
    const dropped = once(idle, "close");
    idle.on("error", () => {});
    idle.on("end", () => idle.destroy());
    await until(() => length(viewer.chunks) > 3_000_000);
    idle.resume();
    await dropped;
    const before = length(viewer.chunks);
    await until(() => length(viewer.chunks) > before + 100_000);
    viewer.socket.destroy();
    expect(rig.notices).toEqual([]);
    expect(recorder.isReady).toBe(true);
  });

  test("who look at a camera that is lost see it again without a long wait", async () => {
    const path = await makeFilm("watched.mp4", ...TEST_PICTURE, "-t", "20", ...H264, "-g", "15");
    const rig = makeRecorder({ source: { kind: "file", path, subPath: null } }, clockThatSleepsAtMost(2000));
    onTestFinished(() => rig.recorder.stop());
    await rig.recorder.start();
    await rig.recorder.ready();
    const viewer = view(rig.recorder.liveSocketPath);
    await until(() => length(viewer.chunks) > 0);
    await rename(path, `${path}.away`);
    process.kill(await ffmpegOf(rig), "SIGKILL");
    await until(() => rig.timesLost() > 4);
    await rename(`${path}.away`, path);
    await rig.recorder.ready();
    const before = length(viewer.chunks);
    await until(() => length(viewer.chunks) > before);
    viewer.socket.destroy();
  });
});

import { describe, expect, test } from "vitest";
import { capturePlan } from "../../../src/device/recorder/capture-plan.ts";
import { failureReason } from "../../../src/device/recorder/failure-reason.ts";
import { type RecorderConfig, recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import { RestartDelay } from "../../../src/device/recorder/restart-delay.ts";
import type { CameraStreams } from "../../../src/device/recorder/sources/camera-streams.ts";
import { rpicamStreams } from "../../../src/device/recorder/sources/rpicam.ts";
import { testPatternStreams } from "../../../src/device/recorder/sources/test-pattern.ts";
import { bestFormat } from "../../../src/device/recorder/sources/v4l2.ts";
import { teeTarget } from "../../../src/device/recorder/tee-target.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const config: RecorderConfig = { ...recorderDefaults, runtimeDir: "/run/doorward" };
const camera: CameraStreams = {
  inputs: [{ options: ["-rtsp_transport", "tcp"], source: "rtsp://camera/main" }],
  picture: { map: "0:v:0", isH264: true },
  sound: { map: "0:a:0", isAac: true, mustFlow: true },
  motionMap: "0:v:0",
  keepTimestamps: false,
  companion: null,
};
const plan = (streams: CameraStreams, changes: Partial<RecorderConfig> = {}) =>
  capturePlan(streams, { ...config, ...changes }, "libx264", (lane) => `/s/${lane}`);
const optionsOf = (streams: CameraStreams, changes: Partial<RecorderConfig> = {}): string =>
  plan(streams, changes)
    .outputs.map(({ options }) => options.join(" "))
    .join(" | ");

describe("what ffmpeg is asked for", () => {
  test("H.264 and AAC are copied, and nothing is decoded unless pixels are watched", () => {
    expect(optionsOf(camera)).toContain("-c:v copy");
    expect(optionsOf(camera)).toContain("-c:a copy");
    expect(optionsOf(camera)).not.toMatch(/-vf|rawvideo|libx264/);
    expect(plan(camera).lanes).toEqual(["video", "live", "audio"]);
    const pixels = { ...config.motion, mode: "pixels" } as const;
    expect(plan(camera, { motion: pixels }).lanes).toContain("gray");
    expect(optionsOf(camera, { motion: pixels })).toContain("-map 0:v:0 -vf");
  });

  test("anything else is encoded once, with a key frame a second", () => {
    const streams = testPatternStreams({ ...config, source: { kind: "test-pattern" } });
    expect(optionsOf(streams).match(/libx264/g)).toHaveLength(1);
    expect(optionsOf(streams)).toContain("-force_key_frames");
  });

  test("without sound there is no lane for it", () => {
    expect(plan({ ...camera, sound: null }).lanes).not.toContain("audio");
    expect(optionsOf({ ...camera, sound: null })).toContain("-an");
  });

  test("a sound card beside a file is refused with a reason", () => {
    const odd = { ...config, sound: { kind: "alsa", device: "hw:1" }, source: { kind: "test-pattern" } } as const;
    expect(() => testPatternStreams(odd)).toThrow(expect.objectContaining({ code: "recorder/config" }));
  });

  test("a camera program is asked for a key frame a second with its parameter sets", () => {
    const source = { kind: "rpicam", program: "rpicam-vid", extraArguments: ["--rotation", "180"] } as const;
    const { companion, picture } = rpicamStreams({ ...config, source });
    expect(companion?.arguments.join(" ")).toContain("--inline --intra 15");
    expect(companion?.arguments.join(" ")).toContain("--rotation 180 --output /run/doorward/camera/camera.pipe");
    expect(picture.isH264).toBe(true);
  });
});

test("a folder with signs that the tee muxer reads is written so that it finds it", () => {
  const target = teeTarget([{ options: { select: "v", format_opts: "a=1:b=2" }, target: "unix:/run/a|b'c" }]);
  expect(target).toBe(String.raw`[select=v:format_opts=a=1\\:b=2]unix:/run/a\|b\'c`);
});

test.each([
  ["[video4linux2] Compressed: h264 : H.264 : 1280x720\n Raw : yuyv422", "h264"],
  ["[video4linux2] Raw       :     yuyv422 :\n Compressed:       mjpeg :          Motion-JPEG : 640x480", "mjpeg"],
  ["[video4linux2] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480", "raw"],
] as const)("the best format of a listing: %s", (listing, best) => {
  expect(bestFormat(listing)).toBe(best);
});

test.each([
  ["ffmpeg exited with code 1: /dev/video0: Device or resource busy", "busy"],
  ["ffmpeg exited with code 1: rtsp://user:secret@door: Connection refused", "unreachable"],
  ["ffmpeg exited with code 1: method DESCRIBE failed: 401 Unauthorized", "refused"],
  ["ffmpeg exited with code 1: file:/nowhere.mp4: No such file or directory", "not-found"],
  ["Cannot find ffmpeg", "ffmpeg-missing"],
  ["ffmpeg was killed with signal SIGSEGV", "failed"],
] as const)("ffmpeg's last words become one of our own: %s", (message, reason) => {
  expect(failureReason(message)).toBe(reason);
});

test("the wait before a restart doubles up to half a minute, and begins anew after a good run", async () => {
  const clock = new FakeClock();
  const delay = new RestartDelay(clock);
  expect(Array.from({ length: 9 }, () => delay.next())).toEqual([
    500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
  ]);
  delay.sawPicture();
  await clock.advance(10_000);
  delay.sawPicture();
  expect(delay.next()).toBe(30_000);
  delay.sawPicture();
  await clock.advance(30_000);
  delay.sawPicture();
  expect(delay.next()).toBe(500);
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { makeThumbnail } from "../../../src/device/recorder/thumbnail.ts";

const paths = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" };
const FIRST = 70;
const LAST = FIRST + 15 * 9;

/** One fragment in which each picture is brighter than the one before. */
function brightening(): { init: Uint8Array; fragment: Uint8Array } {
  const source = "nullsrc=size=320x180:rate=10:duration=1,geq=lum='70+15*N':cb=128:cr=128";
  const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"];
  const muxer = ["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "pipe:1"];
  const args = ["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source, ...encoder, ...muxer];
  const film = execFileSync("ffmpeg", args);
  const fragmentAt = film.indexOf("moof") - 4;
  return { init: film.subarray(0, fragmentAt), fragment: film.subarray(fragmentAt) };
}

function brightnessOf(jpeg: Uint8Array | null): number {
  const decode = ["-f", "mjpeg", "-i", "pipe:0", "-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "pipe:1"];
  return execFileSync("ffmpeg", ["-loglevel", "error", ...decode], { input: jpeg ?? "" }).readUInt8(0);
}

test("the first picture of a fragment, which is overwritten", async () => {
  const { init, fragment } = brightening();
  const seen = brightnessOf(await makeThumbnail(paths, systemClock, init, fragment));
  expect(Math.abs(seen - FIRST)).toBeLessThan((LAST - FIRST) / 4);
  expect(fragment.every((byte) => byte === 0)).toBe(true);
});

/** Another ffmpeg, as a shell script. */
function ffmpegAs(script: string): typeof paths {
  const dir = mkdtempSync(join(tmpdir(), "thumbnail-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const ffmpegPath = join(dir, "ffmpeg");
  writeFileSync(ffmpegPath, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { ...paths, ffmpegPath };
}

test("a picture that is whole counts, however long ffmpeg takes to end after it", async () => {
  const slow = ffmpegAs('ffmpeg "$@"; exec >&-; sleep 0.5');
  const { init, fragment } = brightening();
  const seen = brightnessOf(await makeThumbnail(slow, systemClock, init, fragment));
  expect(Math.abs(seen - FIRST)).toBeLessThan((LAST - FIRST) / 4);
});

test("half a picture is none", async () => {
  const broken = ffmpegAs('ffmpeg "$@" | head -c 200');
  const { init, fragment } = brightening();
  expect(await makeThumbnail(broken, systemClock, init, fragment)).toBeNull();
});

test("of what is no film there is none", async () => {
  const { init } = brightening();
  expect(await makeThumbnail(paths, systemClock, init, Buffer.from("no film"))).toBeNull();
});

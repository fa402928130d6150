import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { makeThumbnail } from "../../../src/device/recorder/thumbnail.ts";

const paths = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" };

/** One fragment in which each picture is brighter than the one before. */
function brightening(): { init: Uint8Array; fragment: Uint8Array } {
  const source = "nullsrc=size=320x180:rate=10:duration=1,geq=lum='30+20*N':cb=128:cr=128";
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

test.each([
  { which: "first", brightness: 30 },
  { which: "last", brightness: 30 + 20 * 9 },
] as const)("the $which picture of a fragment", async ({ which, brightness }) => {
  const { init, fragment } = brightening();
  const seen = brightnessOf(await makeThumbnail(paths, { init, fragment, which }));
  expect(Math.abs(seen - brightness)).toBeLessThan(50);
  expect(fragment.every((byte) => byte === 0)).toBe(true);
});

test("of what is no film there is none", async () => {
  const { init } = brightening();
  expect(await makeThumbnail(paths, { init, fragment: Buffer.from("no film"), which: "last" })).toBeNull();
});

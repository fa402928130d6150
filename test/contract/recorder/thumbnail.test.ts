import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { Thumbnails } from "../../../src/device/recorder/thumbnails.ts";
import { processesWith, until } from "./recorder-rig.ts";

const paths = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" };
const oneByOne = () => new Thumbnails(paths, systemClock);

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
  const seen = brightnessOf(await oneByOne().make(init, fragment, which));
  expect(Math.abs(seen - brightness)).toBeLessThan(50);
  expect(fragment.every((byte) => byte === 0)).toBe(true);
});

/** Another ffmpeg, as a shell script. */
function ffmpegAs(script: string): Thumbnails {
  const dir = mkdtempSync(join(tmpdir(), "thumbnail-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const ffmpegPath = join(dir, "ffmpeg");
  writeFileSync(ffmpegPath, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return new Thumbnails({ ...paths, ffmpegPath }, systemClock);
}

test("a picture that is whole counts, however long ffmpeg takes to end after it", async () => {
  const thumbnails = ffmpegAs('ffmpeg "$@"; exec >&-; sleep 0.5');
  const { init, fragment } = brightening();
  expect(Math.abs(brightnessOf(await thumbnails.make(init, fragment, "last")) - 210)).toBeLessThan(50);
});

test("half a picture is none", async () => {
  const thumbnails = ffmpegAs('ffmpeg "$@" | head -c 700');
  const { init, fragment } = brightening();
  expect(await thumbnails.make(init, fragment, "last")).toBeNull();
});

test("of what is no film there is none", async () => {
  const { init } = brightening();
  expect(await oneByOne().make(init, Buffer.from("no film"), "last")).toBeNull();
});

/** Processes of this test file alone: each file has a process of its own. */
async function waiting(): Promise<number[]> {
  const all = await processesWith("scale=320:-2:flags=area");
  return all.filter(
    (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(process.pid),
  );
}

describe("an ffmpeg that stands ready", () => {
  test("makes the next last picture, and another takes its place", async () => {
    const thumbnails = oneByOne();
    onTestFinished(() => thumbnails.stop());
    thumbnails.prepare();
    await until(async () => (await waiting()).length === 1);
    const [first] = await waiting();
    const { init, fragment } = brightening();
    expect(Math.abs(brightnessOf(await thumbnails.make(init, fragment, "last")) - 210)).toBeLessThan(50);
    await until(async () => (await waiting()).length === 1);
    expect(await waiting()).not.toEqual([first]);
  });

  test("is not missed where it was killed while it waited", async () => {
    const thumbnails = oneByOne();
    onTestFinished(() => thumbnails.stop());
    thumbnails.prepare();
    await until(async () => (await waiting()).length === 1);
    for (const pid of await waiting()) process.kill(pid, "SIGKILL");
    await until(async () => (await waiting()).length === 0);
    const { init, fragment } = brightening();
    expect(Math.abs(brightnessOf(await thumbnails.make(init, fragment, "last")) - 210)).toBeLessThan(50);
  });

  test.each(["at once", "while it waits"])("is gone once it was stopped %s", async (when) => {
    const thumbnails = oneByOne();
    thumbnails.prepare();
    if (when === "while it waits") await until(async () => (await waiting()).length === 1);
    await thumbnails.stop();
    expect(await waiting()).toEqual([]);
  });
});

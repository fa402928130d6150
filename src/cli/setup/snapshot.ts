import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RecorderConfig } from "../../device/recorder/recorder-config.ts";
import { describeSource } from "../../device/recorder/sources/sources.ts";

const run = promisify(execFile);
const WITHIN_MS = 20_000;
const MAX_JPEG_BYTES = 16 * 1024 * 1024;
const COLUMNS = 64;
/** A character is about twice as high as wide, and shows two pixels, one above the other. */
const ROWS = 18;

/** One picture of the configured camera, as a JPEG. @throws RecorderError when the camera gives none. */
export async function snapshot(config: RecorderConfig, signal: AbortSignal): Promise<Uint8Array> {
  const { source, picture, ffmpegPath } = config;
  if (source.kind === "rpicam") {
    const { stdout } = await run(
      source.program.replace(/vid$/, "still"),
      ["--nopreview", "--immediate", "--width", String(picture.width), "--height", String(picture.height), "-o", "-"],
      { signal, timeout: WITHIN_MS, encoding: "buffer", maxBuffer: MAX_JPEG_BYTES },
    );
    return stdout;
  }
  const { inputs } = await describeSource(config);
  const [first] = inputs;
  if (first === undefined) throw new Error("the camera gives no stream");
  const input = [...first.options, "-i", first.source];
  return ffmpeg(ffmpegPath, [...input, "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg", "-"], signal);
}

/** The picture drawn with half blocks in 24-bit colours, for any terminal, over ssh too. */
export async function drawn(jpeg: Uint8Array, ffmpegPath: string, signal: AbortSignal): Promise<string> {
  const height = ROWS * 2;
  const pixels = await ffmpeg(
    ffmpegPath,
    ["-f", "mjpeg", "-i", "-", "-vf", `scale=${COLUMNS}:${height}`, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
    signal,
    jpeg,
  );
  const colour = (x: number, y: number): string => {
    const at = (y * COLUMNS + x) * 3;
    return `${pixels[at]};${pixels[at + 1]};${pixels[at + 2]}`;
  };
  const rows: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let row = "";
    for (let x = 0; x < COLUMNS; x += 1) row += `\u001b[38;2;${colour(x, y)};48;2;${colour(x, y + 1)}m▀`;
    rows.push(`${row}\u001b[0m`);
  }
  return rows.join("\n");
}

async function ffmpeg(path: string, words: readonly string[], signal: AbortSignal, input?: Uint8Array) {
  const promise = run(path, ["-hide_banner", "-loglevel", "error", "-nostdin", ...words], {
    signal,
    timeout: WITHIN_MS,
    encoding: "buffer",
    maxBuffer: MAX_JPEG_BYTES,
  });
  promise.child.stdin?.on("error", () => {}); // ffmpeg may have read enough
  promise.child.stdin?.end(input);
  return (await promise).stdout;
}

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

const SECONDS = 30;
const FRAMES_PER_SECOND = 8;
const START_CODE = Buffer.from([0, 0, 0, 1]);
const SEI_NAL = 6;
const USER_DATA_UNREGISTERED = 5;
const UUID = Buffer.from("e1b2c3d4a5f64788910111213141516f", "hex");

export interface MarkedFilm {
  readonly path: string;
  /** In every picture's bitstream; new for each film. */
  readonly marker: Uint8Array;
}

/**
 * A film each of whose pictures carries a marker as user data in its H.264. The recorder copies H.264 as it comes, so the
 * marker is in every plain fragment of the picture.
 */
export async function makeMarkedFilm(path: string): Promise<MarkedFilm> {
  const marker = Buffer.from(`DOORWARD-MARKER-${randomBytes(12).toString("hex")}`, "latin1");
  const plain = `${path}.h264`;
  const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"];
  await run("ffmpeg", [
    ...quiet,
    ...["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=${FRAMES_PER_SECOND}`, "-t", String(SECONDS)],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0", "-g", String(FRAMES_PER_SECOND)],
    ...["-x264-params", "slices=1:sliced-threads=0", "-f", "h264", plain],
  ]);
  await writeFile(plain, withMarker(await readFile(plain), marker));
  await run("ffmpeg", [
    ...quiet,
    ...["-framerate", String(FRAMES_PER_SECOND), "-f", "h264", "-i", plain],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", String(SECONDS)],
    ...["-c:v", "copy", "-c:a", "aac", "-b:a", "64k", "-ac", "1", path],
  ]);
  await rm(plain);
  return { path, marker };
}

/** Puts a message of user data (H.264, D.1.7) ahead of every coded picture of an Annex B stream. */
function withMarker(stream: Buffer, marker: Buffer): Buffer {
  const size = UUID.length + marker.length;
  const message = Buffer.concat([
    Buffer.from([SEI_NAL, USER_DATA_UNREGISTERED, size]),
    UUID,
    marker,
    Buffer.from([0x80]),
  ]);
  const units = unitsOf(stream).flatMap((unit) => {
    const type = (unit[0] ?? 0) & 0x1f;
    const isPicture = type === 1 || type === 5;
    return isPicture ? [START_CODE, message, START_CODE, unit] : [START_CODE, unit];
  });
  return Buffer.concat(units);
}

/** Between start codes of three or four bytes. */
function unitsOf(stream: Buffer): Buffer[] {
  const units: Buffer[] = [];
  const code = Buffer.from([0, 0, 1]);
  let start = stream.indexOf(code);
  while (start >= 0) {
    const next = stream.indexOf(code, start + 3);
    const end = next < 0 ? stream.length : stream[next - 1] === 0 ? next - 1 : next;
    units.push(stream.subarray(start + 3, end));
    start = next;
  }
  return units;
}

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type StreamUnit, TsUnits } from "../../../src/device/live/ts-units.ts";

/** Pictures and a tone as the recorder's ffmpeg writes them; the first picture is longer than a PES packet can say. */
function film(extra: readonly string[] = []): Buffer {
  const source = "testsrc2=size=1280x720:rate=10:duration=1[out0];sine=duration=1:sample_rate=48000[out1]";
  const video = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-crf", "9"];
  const audio = ["-c:a", "aac", "-ac", "1"];
  const muxer = ["-f", "mpegts", "-mpegts_copyts", "1", "-pes_payload_size", "400", ...extra, "pipe:1"];
  const args = ["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source, ...video, ...audio, ...muxer];
  return execFileSync("ffmpeg", args, { maxBuffer: 64 * 1024 * 1024 });
}

function unitsIn(bytes: Buffer, pieceBytes: number): StreamUnit[] {
  const units: StreamUnit[] = [];
  const reader = new TsUnits((unit) => units.push(unit));
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return units;
}

const withLengths = film(["-omit_video_pes_length", "0"]);
const pictures = (units: readonly StreamUnit[]): StreamUnit[] => units.filter(({ lane }) => lane === "picture");

const digests = (units: readonly StreamUnit[]): string[] =>
  units.map(({ lane, time, bytes }) => `${lane} ${time} ${createHash("sha256").update(bytes).digest("hex")}`);

describe("a stream of ffmpeg", () => {
  test("is the same units in whatever pieces it comes", () => {
    const whole = unitsIn(withLengths, withLengths.length);
    expect(pictures(whole)).toHaveLength(10);
    for (const piece of [187, 188, 189, 65_536]) expect(digests(unitsIn(withLengths, piece))).toEqual(digests(whole));
    const beginning = withLengths.subarray(0, 100 * 188);
    expect(digests(unitsIn(beginning, 1))).toEqual(digests(unitsIn(beginning, beginning.length)));
  });

  test("gives each picture's time, a tenth of a second apart", () => {
    const times = pictures(unitsIn(withLengths, 4096)).map(({ time }) => time ?? Number.NaN);
    expect(times.slice(1).map((time, i) => time - (times[i] ?? 0))).toEqual(Array.from({ length: 9 }, () => 9000));
  });

  test("gives sound as whole AAC frames", () => {
    const sound = Buffer.concat(
      unitsIn(withLengths, 4096).flatMap(({ lane, bytes }) => (lane === "sound" ? bytes : [])),
    );
    let frames = 0;
    for (let at = 0; at < sound.length; frames += 1) {
      expect(sound.readUInt16BE(at) & 0xfff6).toBe(0xfff0); // ADTS
      at += (sound.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
    }
    expect(frames).toBeGreaterThan(40);
  });
});

/** How many pictures have come when the first packet of each next one has not. */
function givenBeforeTheNext(bytes: Buffer): number {
  let early = 0;
  let begun = 0;
  let given = 0;
  const reader = new TsUnits(({ lane }) => {
    if (lane === "picture") given += 1;
  });
  for (let at = 0; at < bytes.length; at += 188) {
    const packet = bytes.subarray(at, at + 188);
    const payloadAt = (packet.readUInt8(3) & 0x20) === 0 ? 4 : 5 + packet.readUInt8(4);
    const beginsPicture = (packet.readUInt8(1) & 0x40) !== 0 && packet.readUInt32BE(payloadAt) === 0x1e0;
    if (beginsPicture && given === begun) early += 1;
    if (beginsPicture) begun += 1;
    reader.push(packet);
  }
  return early;
}

describe("no picture waits for the next one", () => {
  test("where its length is said", () => expect(givenBeforeTheNext(withLengths)).toBeGreaterThanOrEqual(9));
  test("where it is too long to be said", () => expect(givenBeforeTheNext(film())).toBeGreaterThanOrEqual(9));
});

test("what is no stream gives nothing and does no harm", () => {
  const noise = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff));
  expect(unitsIn(noise, 1000)).toEqual([]);
  expect(unitsIn(Buffer.alloc(20_000, 0x47), 1000)).toEqual([]);
  expect(pictures(unitsIn(Buffer.concat([noise.subarray(0, 500), withLengths]), 1000)).length).toBeGreaterThan(8);
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { concatBytes, u32, utf8 } from "../../../src/protocol/bytes.ts";
import {
  boxes,
  convertTicks,
  fragmentTiming,
  type PlayableLane,
  playableMp4,
  retime,
  trackInfo,
} from "../../../src/protocol/fmp4.ts";
import { makeBox, needBox } from "../../../src/protocol/mp4-boxes.ts";
import { tinyFragment, tinyInit } from "../../fakes/tiny-mp4.ts";

const FRAGMENTED = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"];
const folder = mkdtempSync(join(tmpdir(), "fmp4-"));
const mp4Error = expect.objectContaining({ code: "mp4/shape" });

let video: PlayableLane;
let audio: PlayableLane;

/** Init segment, and fragments of moof and mdat, of what ffmpeg wrote. */
function lane(file: string): PlayableLane {
  const all = boxes(new Uint8Array(readFileSync(file)));
  const init = concatBytes(...all.filter(({ type }) => type === "ftyp" || type === "moov").map(({ bytes }) => bytes));
  const fragments = all.flatMap(({ type, bytes }, i) =>
    type === "moof" ? [concatBytes(bytes, all[i + 1]?.bytes ?? new Uint8Array())] : [],
  );
  return { init, fragments };
}

beforeAll(() => {
  const input = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=15", "-f", "lavfi", "-i", "sine"];
  const videoOut = ["-map", "0", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "15"];
  const audioOut = ["-map", "1", "-c:a", "aac", "-b:a", "32k", "-frag_duration", "1000000"];
  const videoFile = ["-t", "6", ...FRAGMENTED, join(folder, "video.mp4")];
  const audioFile = ["-t", "6", "-movflags", "+empty_moov+default_base_moof", join(folder, "audio.mp4")];
  execFileSync("ffmpeg", [...input, ...videoOut, ...videoFile, ...audioOut, ...audioFile]);
  video = lane(join(folder, "video.mp4"));
  audio = lane(join(folder, "audio.mp4"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Probe {
  readonly format: { readonly start_time: string; readonly duration: string };
  readonly streams: readonly { readonly codec_name: string; readonly nb_read_frames: string }[];
}

/** What ffprobe says after reading every frame; it fails on a file that does not decode. */
function probe(mp4: Uint8Array): Probe & { readonly complaints: string } {
  const file = join(folder, "probe.mp4");
  writeFileSync(file, mp4);
  const complaints = execFileSync("ffmpeg", ["-v", "error", "-i", file, "-f", "null", "-"], { encoding: "utf8" });
  const entries = "format=start_time,duration:stream=codec_name,nb_read_frames";
  const json = execFileSync("ffprobe", ["-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", file]);
  return { ...(JSON.parse(json.toString()) as Probe), complaints };
}

describe("ffmpeg's fragmented MP4", () => {
  test("is understood: tracks, codecs and time scales", () => {
    expect(trackInfo(video.init)).toMatchObject({ trackId: 1, kind: "video", timescale: 15_360 });
    expect(trackInfo(video.init).codec).toMatch(/^avc1\.[0-9a-f]{6}$/);
    expect(trackInfo(audio.init)).toEqual({ trackId: 1, kind: "audio", timescale: 44_100, codec: "mp4a.40.2" });
  });

  test("gives when each fragment plays, without gaps, each picture beginning with a key frame", () => {
    for (const { init, fragments } of [video, audio]) {
      const { timescale } = trackInfo(init);
      const timings = fragments.map((fragment) => fragmentTiming(fragment, timescale));
      expect(timings.map(({ sequence }) => sequence)).toEqual(timings.map((_, i) => i + 1));
      expect(timings.every(({ startsWithKeyFrame }) => startsWithKeyFrame)).toBe(true);
      let end = 0;
      for (const { baseDecodeTime, durationTicks } of timings) {
        expect(baseDecodeTime).toBe(end);
        end += durationTicks;
      }
      expect(end / timescale).toBeCloseTo(6, 0);
    }
    const { timescale } = trackInfo(video.init);
    expect(fragmentTiming(video.fragments[2] ?? new Uint8Array(), timescale)).toMatchObject({
      startMs: 2_000,
      durationMs: 1_000,
    });
  });

  test("of a picture that begins without a key frame is told apart", () => {
    const file = join(folder, "mid.mp4");
    const source = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=15", "-t", "2"];
    const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-frag_duration", "500000"];
    execFileSync("ffmpeg", [...source, ...codec, "-movflags", "+empty_moov+default_base_moof", file]);
    const { init, fragments } = lane(file);
    const keys = fragments.map((part) => fragmentTiming(part, trackInfo(init).timescale).startsWithKeyFrame);
    expect(keys[0]).toBe(true);
    expect(keys.slice(1)).toContain(false);
  });

  test("moved in time changes nothing but number, time and track", () => {
    const fragment = video.fragments[3] ?? new Uint8Array();
    const copy = Uint8Array.from(fragment);
    const moved = retime(fragment, { sequence: 1, subtractTicks: 3 * 15_360, trackId: 9 });
    expect(fragment, "the original is left as it is").toEqual(copy);
    expect(fragmentTiming(moved, 15_360)).toMatchObject({ sequence: 1, baseDecodeTime: 0, durationTicks: 15_360 });
    const back = retime(moved, { sequence: 4, subtractTicks: -3 * 15_360, trackId: 1 });
    expect(back).toEqual(fragment);
    expect(() => retime(fragment, { sequence: 1, subtractTicks: 4 * 15_360 })).toThrow(mp4Error);
  });
});

describe("a playable file", () => {
  test("of part of a clip begins at zero, lasts that part, and decodes without a complaint", () => {
    const part = { init: video.init, fragments: video.fragments.slice(2, 5) };
    const { format, streams, complaints } = probe(playableMp4(part, null));
    expect(Number(format.start_time)).toBe(0);
    expect(Number(format.duration)).toBeCloseTo(3, 1);
    expect(streams).toEqual([{ codec_name: "h264", nb_read_frames: "45" }]);
    expect(complaints).toBe("");
    const control = probe(concatBytes(part.init, ...part.fragments)).format;
    expect(Number(control.start_time), "control: as they are, they begin at 2").toBe(2);
  });

  test("has picture and sound in one file, together in time", () => {
    const picture = { init: video.init, fragments: video.fragments.slice(1, 5) };
    const sound = {
      init: audio.init,
      fragments: audio.fragments.filter((part) => {
        const { startMs, durationMs } = fragmentTiming(part, 44_100);
        return startMs >= 1_000 && startMs + durationMs <= 5_000;
      }),
    };
    expect(sound.fragments.length).toBeGreaterThan(1);
    const mp4 = playableMp4(picture, sound);
    const { format, streams, complaints } = probe(mp4);
    expect(Number(format.start_time)).toBe(0);
    expect(Number(format.duration)).toBeCloseTo(4, 1);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
    expect(streams[0]?.nb_read_frames).toBe("60");
    expect(complaints).toBe("");
    const firstSound = fragmentTiming(sound.fragments[0] ?? new Uint8Array(), 44_100).startMs - 1_000;
    const moofs = boxes(mp4).filter(({ type }) => type === "moof").length;
    expect(moofs).toBe(picture.fragments.length + sound.fragments.length);
    expect(firstSound).toBeGreaterThanOrEqual(0);
  });

  test("of sound alone plays too", () => {
    const { format, streams } = probe(playableMp4(null, { init: audio.init, fragments: audio.fragments.slice(1, 4) }));
    expect(Number(format.start_time)).toBe(0);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(["aac"]);
  });

  test("of nothing there is none", () => {
    expect(() => playableMp4(null, null)).toThrow(mp4Error);
  });

  test("has one init segment for both tracks, video first", () => {
    const moov = boxes(playableMp4(video, audio)).find(({ type }) => type === "moov");
    expect(boxes(moov?.content ?? new Uint8Array()).map(({ type }) => type)).toEqual(["mvhd", "trak", "trak", "mvex"]);
  });
});

describe("bytes that are no fragment", () => {
  test.each([
    ["nothing", new Uint8Array(0)],
    ["text", utf8("not an MP4 at all")],
    ["a box longer than the bytes", Uint8Array.of(0, 0, 1, 0, 0x6d, 0x6f, 0x6f, 0x66)],
    ["a box shorter than its header", Uint8Array.of(0, 0, 0, 4, 0x6d, 0x6f, 0x6f, 0x66)],
  ])("%s, are refused by name", (_, bytes) => {
    expect(() => fragmentTiming(bytes, 1_000)).toThrow(mp4Error);
    expect(() => trackInfo(bytes)).toThrow(mp4Error);
    expect(() => retime(bytes, { sequence: 1, subtractTicks: 0 })).toThrow(mp4Error);
  });

  test("cut anywhere in the moof, are refused by name", () => {
    const fragment = video.fragments[0] ?? new Uint8Array();
    const moof = boxes(fragment)[0]?.bytes ?? new Uint8Array();
    for (let length = 0; length < moof.length; length += 1) {
      expect(() => fragmentTiming(moof.subarray(0, length), 15_360)).toThrow(mp4Error);
    }
    expect(() => fragmentTiming(moof, 15_360), "control").not.toThrow();
  });

  test("with any byte changed give an answer or the one error, never another", () => {
    const moof = boxes(video.fragments[0] ?? new Uint8Array())[0]?.bytes ?? new Uint8Array();
    for (let at = 0; at < moof.length; at += 1) {
      for (const flip of [1, 0x80, 0xff]) {
        const changed = Uint8Array.from(moof, (byte, i) => (i === at ? byte ^ flip : byte));
        try {
          fragmentTiming(changed, 15_360);
        } catch (error) {
          expect(error).toEqual(mp4Error);
        }
      }
    }
  });
});

test("a run that claims four billion samples in no bytes is answered at once", () => {
  const header = makeBox("tfhd", u32(0x02_0008), u32(1), u32(1_000));
  const run = makeBox("trun", u32(0), u32(0xffff_ffff));
  const track = makeBox("traf", header, makeBox("tfdt", u32(0), u32(0)), run);
  const fragment = makeBox("moof", makeBox("mfhd", u32(0), u32(1)), track);
  expect(fragmentTiming(fragment, 1_000).durationTicks).toBe(0xffff_ffff * 1_000);
});

test("an instant keeps its place in another track's ticks", () => {
  expect(convertTicks(15_360, 15_360, 44_100)).toBe(44_100);
  expect(convertTicks(1_024, 15_360, 44_100)).toBe(2_940);
});

describe("a film whose pictures refer to later ones", () => {
  test("is shown from zero, any part of it, for as long as it lasts", () => {
    const file = join(folder, "reordered.mp4");
    const input = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-t", "6"];
    const encoder = ["-c:v", "libx264", "-preset", "medium", "-bf", "2", "-g", "25", "-pix_fmt", "yuv420p"];
    const muxer = ["-use_editlist", "0", "-avoid_negative_ts", "disabled", ...FRAGMENTED];
    execFileSync("ffmpeg", [...input, ...encoder, ...muxer, file]);
    const { init, fragments } = lane(file);
    const whole = probe(playableMp4({ init, fragments }, null)).format;
    const part = probe(playableMp4({ init, fragments: fragments.slice(2, 4) }, null)).format;
    expect([Number(whole.start_time), Number(whole.duration)]).toEqual([0, 6]);
    expect([Number(part.start_time), Number(part.duration)]).toEqual([0, 2]);
    // As the camera sent it, the first picture would wait for its turn.
    expect(Number(probe(concatBytes(init, ...fragments)).format.start_time)).toBeGreaterThan(0);
  });
});

test("a time beyond exact numbers is refused when it is read, so that what verifies also opens", () => {
  const init = tinyInit("video");
  const fragment = tinyFragment(1, utf8("x"));
  const at = Buffer.from(fragment).indexOf("tfdt") + 8;
  const late = Uint8Array.from(fragment);
  late[at + 1] = 0x20; // 2^53
  expect(() => fragmentTiming(late, 1000)).toThrow(mp4Error);
  expect(() => playableMp4({ init, fragments: [fragment, late] }, null)).toThrow(mp4Error);
  late.set([0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], at);
  expect(() => playableMp4({ init, fragments: [fragment, late] }, null), "control: 2^53-1").not.toThrow();
});

test("a time below zero, as ffmpeg 7 writes where pictures are reordered, is read as that", () => {
  const fragment = Uint8Array.from(video.fragments[0] ?? []);
  const tfdt = needBox(fragment, "moof", "traf", "tfdt").content;
  expect(tfdt[0], "version").toBe(1);
  tfdt.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00], 4);
  expect(fragmentTiming(fragment, 15_360).baseDecodeTime).toBe(-256);
  expect(fragmentTiming(retime(fragment, { sequence: 1, subtractTicks: -256 }), 15_360).baseDecodeTime).toBe(0);
  expect(() => retime(fragment, { sequence: 1, subtractTicks: 0 })).toThrow(mp4Error);
});

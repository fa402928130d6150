import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { concatBytes } from "../../../src/protocol/bytes.ts";
import { boxes, h264Configuration, trackInfo } from "../../../src/protocol/fmp4.ts";
import { onePictureMp4 } from "../../../src/protocol/one-picture.ts";
import { tinyFragment, tinyInit } from "../../fakes/tiny-mp4.ts";

/** Three seconds in which each second is brighter; within one all pictures but the first are black. */
function film(encoder: readonly string[]): { readonly init: Uint8Array; readonly fragments: readonly Uint8Array[] } {
  const source =
    "nullsrc=size=320x180:rate=10:duration=3,geq=lum='if(eq(mod(N,10),0),60+60*floor(N/10),16)':cb=128:cr=128";
  const muxer = ["-f", "mp4", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "pipe:1"];
  const input = ["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", source];
  const pictures = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", "-sc_threshold", "0", ...encoder];
  const all = boxes(new Uint8Array(execFileSync("ffmpeg", [...input, ...pictures, ...muxer])));
  const moofAt = all.findIndex(({ type }) => type === "moof");
  return {
    init: concatBytes(...all.slice(0, moofAt).map(({ bytes }) => bytes)),
    fragments: all.flatMap(({ type, bytes }, i) =>
      type === "moof" ? [concatBytes(bytes, all[i + 1]?.bytes ?? bytes)] : [],
    ),
  };
}

/** Of each picture that a player shows. */
function brightnesses(mp4: Uint8Array): number[] {
  const decode = ["-f", "mp4", "-i", "pipe:0", "-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "pipe:1"];
  return [...execFileSync("ffmpeg", ["-loglevel", "error", ...decode], { input: mp4 })];
}

describe("one picture of a fragment", () => {
  test.each([
    { pictures: "in order", encoder: ["-preset", "ultrafast", "-tune", "zerolatency"] },
    { pictures: "reordered", encoder: ["-preset", "medium", "-bf", "3"] },
  ])("is its key frame, at time zero, where pictures are $pictures", ({ encoder }) => {
    const { init, fragments } = film(encoder);
    const [, second] = fragments;
    const mp4 = onePictureMp4(init, second ?? new Uint8Array());
    const [shown, ...more] = brightnesses(mp4);
    expect(more).toEqual([]);
    expect(Math.abs((shown ?? 0) - 120)).toBeLessThan(15);
    const probe = ["-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0", "-f", "mp4", "pipe:0"];
    expect(Number(execFileSync("ffprobe", probe, { input: mp4, encoding: "utf8" }))).toBe(0);
    expect(brightnesses(concatBytes(init, second ?? init)).length).toBe(10); // the control: the fragment has ten
  });

  test("says what a decoder has to know first, as its codec's name does", () => {
    const { init, fragments } = film(["-preset", "ultrafast", "-tune", "zerolatency"]);
    const mp4 = onePictureMp4(init, fragments[0] ?? init);
    const configuration = h264Configuration(mp4);
    expect(configuration[0]).toBe(1); // its version
    expect(trackInfo(mp4).codec).toBe(`avc1.${Buffer.from(configuration.subarray(1, 4)).toString("hex")}`);
    expect(() => h264Configuration(tinyInit("audio"))).toThrow(expect.objectContaining({ code: "mp4/shape" }));
  });

  test("is refused where the fragment does not say how long it is", () => {
    expect(() => onePictureMp4(tinyInit("video"), tinyFragment(0, Uint8Array.of(1)))).toThrow(
      expect.objectContaining({ code: "mp4/shape" }),
    );
  });
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { concatBytes } from "../../../src/protocol/bytes.ts";
import { boxes } from "../../../src/protocol/fmp4.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { buildShare } from "../../../src/protocol/share.ts";
import type { Release } from "../../../src/protocol/statements/release.ts";
import { openShare } from "../../../src/recipient/open-share.ts";
import { verifyShare } from "../../../src/recipient/verify-share.ts";
import { sealClip } from "../../fakes/sealed-clip.ts";
import { tinyFragment, tinyInit, tinyLane } from "../../fakes/tiny-mp4.ts";
import { makeShareWorld, type ShareWorld } from "../../forge/share-world.ts";

const folder = mkdtempSync(join(tmpdir(), "open-share-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Init segment and fragments of a file that ffmpeg wrote. */
function lane(file: string): Uint8Array[] {
  const all = boxes(new Uint8Array(readFileSync(file)));
  const init = concatBytes(...all.filter(({ type }) => type === "ftyp" || type === "moov").map(({ bytes }) => bytes));
  const fragments = all.flatMap(({ type, bytes }, i) =>
    type === "moof" ? [concatBytes(bytes, all[i + 1]?.bytes ?? new Uint8Array())] : [],
  );
  return [init, ...fragments];
}

interface Stream {
  readonly codec_type: string;
  readonly nb_read_frames: string;
}

function probe(mp4: Uint8Array): { start: number; duration: number; streams: readonly Stream[] } {
  const file = join(folder, "probe.mp4");
  writeFileSync(file, mp4);
  const entries = "format=start_time,duration:stream=codec_type,nb_read_frames";
  const text = execFileSync("ffprobe", ["-v", "error", "-count_frames", "-show_entries", entries, "-of", "json", file]);
  const { format, streams } = JSON.parse(text.toString()) as {
    format: { start_time: string; duration: string };
    streams: Stream[];
  };
  return { start: Number(format.start_time), duration: Number(format.duration), streams };
}

describe("a film of eight seconds with sound, seconds 3 to 6 shared", () => {
  let world: ShareWorld;
  let share: (lanes: Release["lanes"]) => Promise<Uint8Array>;

  beforeAll(async () => {
    const inputs = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=15", "-f", "lavfi", "-i", "sine"];
    const flags = ["-movflags", "+frag_keyframe+empty_moov+default_base_moof"];
    const video = [
      "-map",
      "0",
      "-c:v",
      "libx264",
      "-preset",
      "ultrafast",
      "-pix_fmt",
      "yuv420p",
      "-g",
      "15",
      "-t",
      "8",
    ];
    const audio = ["-map", "1", "-c:a", "aac", "-b:a", "32k", "-frag_duration", "1000000", "-t", "8"];
    const [videoFile, audioFile] = [join(folder, "video.mp4"), join(folder, "audio.mp4")];
    const soundFlags = ["-movflags", "+empty_moov+default_base_moof"];
    execFileSync("ffmpeg", [...inputs, ...video, ...flags, videoFile, ...audio, ...soundFlags, audioFile]);
    world = await makeShareWorld(nodeCrypto);
    const clip = await sealClip(nodeCrypto, world.deviceSeed, { video: lane(videoFile), audio: lane(audioFile) });
    share = async (lanes) => buildShare(await world.honestParts(clip, { lanes }));
  });

  test.each([
    ["node", nodeCrypto],
    ["portable", portableCrypto],
  ])("plays from 0 for what was shared, opened with the %s cryptography", async (_name, crypto) => {
    const opened = openShare(crypto, await share([{ lane: 1, first: 4, end: 7 }]), world.secrets, { card: world.card });
    if (opened.verdict !== "ok") throw new Error(opened.text);
    const { start, duration, streams } = probe(opened.mp4);
    expect([start, Math.round(duration * 100)]).toEqual([0, 300]);
    expect(streams.map(({ codec_type, nb_read_frames }) => [codec_type, nb_read_frames])).toEqual([["video", "45"]]);
    expect(opened.durationMs).toBe(3000);
  });

  test("holds picture and sound on one timeline", async () => {
    const lanes = [
      { lane: 1, first: 4, end: 7 },
      { lane: 2, first: 4, end: 6 },
    ];
    const opened = openShare(nodeCrypto, await share(lanes), world.secrets);
    if (opened.verdict !== "ok") throw new Error(opened.text);
    const { start, streams } = probe(opened.mp4);
    expect(start).toBe(0);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(["video", "audio"]);
    expect(Number(streams[1]?.nb_read_frames)).toBeGreaterThan(80);
  });

  test("is not opened when one byte is not as it was sealed", async () => {
    const bytes = await share([{ lane: 1, first: 4, end: 7 }]);
    bytes[bytes.length - 3000] = (bytes[bytes.length - 3000] ?? 0) ^ 1;
    expect(openShare(nodeCrypto, bytes, world.secrets)).toMatchObject({ verdict: "ciphertext-hash" });
  });
});

test("a share of 100 MB is verified in one pass: what is held at a time does not grow with it", async () => {
  const world = await makeShareWorld(nodeCrypto);
  const fragments = Array.from({ length: 50 }, (_, i) => tinyFragment(i, new Uint8Array(2_000_000).fill(i)));
  const content = { video: [tinyInit("video"), ...fragments], audio: tinyLane("audio", 1) };
  const clip = await sealClip(nodeCrypto, world.deviceSeed, content);
  const bytes = buildShare(await world.honestParts(clip, { lanes: [{ lane: 1, first: 1, end: 51 }] }));
  let allocated = 0;
  const counting = {
    ...nodeCrypto,
    openSecretbox: (...args: Parameters<typeof nodeCrypto.openSecretbox>) => {
      const plain = nodeCrypto.openSecretbox(...args);
      allocated += plain?.length ?? 0;
      return plain;
    },
    sha256: (...parts: readonly Uint8Array[]) => {
      for (const part of parts) {
        // Ciphertext that is hashed is a view of the archive, never a copy.
        if (part.length > 1_000_000) expect(part.buffer).toBe(bytes.buffer);
      }
      return nodeCrypto.sha256(...parts);
    },
  };
  expect(verifyShare(counting, bytes, world.secrets).text).toBe(
    "ok: fragments 1-50 of 50, sound withheld, clock synced",
  );
  expect(allocated).toBeLessThan(bytes.length);
});

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  BLOCK_COLUMNS,
  BLOCK_FRAME_BYTES,
  BLOCK_FRAMES,
  BLOCK_ROWS,
} from "../../../src/device/recorder/capture-plan.ts";
import { MotionDetector, type MotionDetectorConfig } from "../../../src/device/recorder/motion/motion-detector.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import { blocksOf, dice, FRAME_MS, film, HEIGHT, type Moment, place, WIDTH, walker } from "./motion-scenes.ts";

interface Scene {
  readonly frames: number;
  readonly at: (frame: number, roll: () => number) => Moment;
  readonly place?: Float32Array;
}

/** @returns The frames at which motion was reported. */
function watch(
  { frames, at, place: background = place(1) }: Scene,
  config: Partial<MotionDetectorConfig> = {},
): number[] {
  const detector = new MotionDetector(BLOCK_COLUMNS, BLOCK_ROWS, { ...recorderDefaults.motion, ...config });
  const roll = dice(7);
  const events: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    if (detector.push(blocksOf(film(background, at(frame, roll), roll)), frame * FRAME_MS)) events.push(frame);
  }
  return events;
}

const night = place(2, 25, 10);
const visitor = { y: 80, width: 25, height: 70, level: 40 };

describe("with default settings, motion is", () => {
  test.each<[string, Scene]>([
    ["a visitor", { frames: 130, at: (i) => ({ things: walker(i, 60, 120, visitor) }) }],
    [
      "somebody far away",
      { frames: 150, at: (i) => ({ things: walker(i, 60, 150, { ...visitor, width: 8, height: 20 }) }) },
    ],
    ["somebody who runs through in a second", { frames: 80, at: (i) => ({ things: walker(i, 60, 66, visitor) }) }],
    [
      "somebody hardly darker than the wall",
      {
        frames: 130,
        at: (i) => ({ things: walker(i, 60, 120, { ...visitor, level: -12, adds: true }) }),
      },
    ],
    [
      "somebody in a noisy night",
      {
        frames: 130,
        place: night,
        at: (i) => ({ noise: 8, things: walker(i, 60, 120, { ...visitor, level: 15, adds: true }) }),
      },
    ],
    [
      "somebody for whom the porch lamp goes on",
      {
        frames: 140,
        at: (i) => ({ light: () => (i >= 63 ? 1.7 : 0.8), things: walker(i, 60, 140, visitor) }),
      },
    ],
  ])("%s", (_name, scene) => {
    const events = watch(scene);
    expect(events.filter((frame) => frame < 60)).toEqual([]);
    expect(events.length).toBeGreaterThan(0);
  });
});

describe("with default settings, motion is not", () => {
  const lamp = (x: number, y: number, reach: number): number => Math.exp(-((x - 80) ** 2 + (y - 40) ** 2) / reach);
  test.each<[string, Scene]>([
    ["noise by day", { frames: 200, at: () => ({ noise: 3 }) }],
    ["noise at night", { frames: 300, place: night, at: () => ({ noise: 15 }) }],
    ["a light that goes on and off", { frames: 200, at: (i) => ({ light: () => (i % 100 >= 50 ? 1.6 : 0.7) }) }],
    [
      "a lamp that lights a corner",
      {
        frames: 300,
        at: (i) => ({ light: (x, y) => 1 + (i % 100 >= 50 ? lamp(x, y, 1600) : 0) }),
      },
    ],
    [
      "a lamp that lights half the place",
      {
        frames: 300,
        at: (i) => ({ light: (x, y) => 1 + (i % 100 >= 50 ? 1.2 * lamp(x, y, 8000) : 0) }),
      },
    ],
    [
      "a lamp that flickers",
      {
        frames: 200,
        at: (i, roll) => {
          const isOn = i > 60 && roll() > 0.5;
          return { light: (x, y) => 1 + (isOn ? 0.8 * lamp(x, y, 1000) : 0) };
        },
      },
    ],
    [
      "light that fades in over two seconds",
      {
        frames: 200,
        at: (i) => ({ light: () => 0.7 + 0.9 * Math.min(1, Math.max(0, (i - 100) / 10)) }),
      },
    ],
    ["clouds", { frames: 400, at: (i) => ({ light: () => 1 + 0.3 * Math.sin(i / 40) }) }],
    ["exposure that hunts", { frames: 200, at: (i) => ({ light: () => 1 + 0.1 * Math.sin(i / 3) }) }],
    [
      "rain",
      {
        frames: 200,
        at: (_, roll) => ({
          things: Array.from({ length: 40 }, () => {
            return { x: roll() * WIDTH, y: roll() * HEIGHT, width: 1, height: 12, level: 15, adds: true };
          }),
        }),
      },
    ],
    [
      "a bush in the wind",
      {
        frames: 300,
        at: (i) => ({
          things: [{ x: 200 + 4 * Math.sin(i * 1.1), y: 60 + 2 * Math.sin(i * 0.7), width: 40, height: 50, level: 60 }],
        }),
      },
    ],
  ])("%s", (_name, scene) => {
    expect(watch(scene)).toEqual([]);
  });
});

describe("settings", () => {
  const scene: Scene = { frames: 130, at: (i) => ({ things: walker(i, 60, 120, visitor) }) };

  test("a zone that the visitor does not cross keeps still, one on the way reports", () => {
    expect(
      watch(scene, {
        zones: [
          [
            [0, 0],
            [1, 0],
            [1, 0.4],
            [0, 0.4],
          ],
        ],
      }),
    ).toEqual([]);
    const right: MotionDetectorConfig["zones"] = [
      [
        [0.5, 0.4],
        [1, 0.4],
        [1, 1],
        [0.5, 1],
      ],
    ];
    const events = watch(scene, { zones: right });
    expect(events.length).toBeGreaterThan(0);
    expect(events[0]).toBeGreaterThan((watch(scene)[0] ?? 0) + 15);
  });

  test("what is smaller than the smallest area is left out", () => {
    expect(watch(scene, { minimumArea: 0.1 })).toEqual([]);
  });

  test("after an event it is quiet as long as asked", () => {
    const often = watch(scene, { quietMs: 1000 });
    expect(often.length).toBeGreaterThan(5);
    for (const [i, frame] of often.slice(1).entries()) expect(frame - (often[i] ?? 0)).toBeGreaterThanOrEqual(5);
    expect(watch(scene, { quietMs: 60_000 })).toHaveLength(1);
  });
});

const PEDESTRIANS = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
test.runIf(existsSync(PEDESTRIANS))("pedestrians in a street are seen as long as they walk there", () => {
  const size = BLOCK_FRAME_BYTES;
  const gray = execFileSync("ffmpeg", ["-nostdin", "-v", "error", "-i", PEDESTRIANS, ...BLOCK_FRAMES, "-"], {
    maxBuffer: 1 << 27,
  });
  const detector = new MotionDetector(BLOCK_COLUMNS, BLOCK_ROWS, { ...recorderDefaults.motion, quietMs: 5000 });
  const events: number[] = [];
  for (let i = 0; (i + 1) * size <= gray.length; i++) {
    if (detector.push(gray.subarray(i * size, (i + 1) * size), i * FRAME_MS)) events.push(i);
  }
  // Somebody walks there all the time: an event as often as the pause between two allows.
  const seconds = gray.length / size / 5;
  expect(events.length).toBeGreaterThanOrEqual(Math.floor(seconds / 5) - 1);
});

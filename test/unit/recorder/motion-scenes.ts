import { BLOCK_COLUMNS, BLOCK_FRAME_BYTES, BLOCK_ROWS } from "../../../src/device/recorder/capture-plan.ts";

/** Gray pictures of made-up places, the same on every run. */

const BLOCK_PIXELS = 8;
export const WIDTH = 320;
export const HEIGHT = 180;
export const FRAME_MS = 200;

export type Dice = () => number;

/** Mulberry32: small, and good enough to look like camera noise. */
export function dice(seed: number): Dice {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed, of a length that fits no frame, so that no two frames have the same at the same place. */
const GRAINS = Float32Array.from({ length: 1_000_003 }, grains(dice(5)));

function grains(roll: Dice): () => number {
  return () => Math.sqrt(-2 * Math.log(roll() + 1e-9)) * Math.cos(2 * Math.PI * roll());
}

export interface Thing {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Brightness, or with `adds` what it adds to the place behind it. */
  readonly level: number;
  readonly adds?: boolean;
}

export interface Moment {
  readonly things?: readonly Thing[];
  /** Standard deviation of a pixel. */
  readonly noise?: number;
  /** Factor on the place's brightness. */
  readonly light?: (x: number, y: number) => number;
}

/** A place with walls, windows and shadows. */
export function place(seed: number, base = 110, contrast = 40): Float32Array {
  const roll = dice(seed);
  const picture = new Float32Array(WIDTH * HEIGHT);
  for (let i = 0; i < picture.length; i++) {
    picture[i] = base + 20 * Math.sin((i % WIDTH) / 40) + 10 * Math.cos(Math.floor(i / WIDTH) / 25);
  }
  for (let n = 0; n < 30; n++) {
    const wall = { x: roll() * WIDTH, y: roll() * HEIGHT, width: 10 + roll() * 80, height: 10 + roll() * 80 };
    draw(picture, { ...wall, level: (roll() - 0.5) * 2 * contrast, adds: true });
  }
  return picture;
}

function draw(picture: Float32Array, { x, y, width, height, level, adds = false }: Thing): void {
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(HEIGHT, y + height); row++) {
    for (let column = Math.max(0, Math.floor(x)); column < Math.min(WIDTH, x + width); column++) {
      const at = row * WIDTH + column;
      picture[at] = level + (adds ? (picture[at] ?? 0) : 0);
    }
  }
}

/** One picture of the place as it is at a moment. */
export function film(background: Float32Array, { things = [], noise = 2, light }: Moment, roll: Dice): Uint8Array {
  const picture = background.slice();
  if (light !== undefined)
    for (let i = 0; i < picture.length; i++) picture[i] = (picture[i] ?? 0) * light(i % WIDTH, Math.floor(i / WIDTH));
  for (const thing of things) draw(picture, thing);
  const frame = new Uint8Array(WIDTH * HEIGHT);
  let grain = Math.floor(roll() * GRAINS.length);
  for (let i = 0; i < frame.length; i++) {
    grain = (grain + 1) % GRAINS.length;
    frame[i] = Math.min(255, Math.max(0, (picture[i] ?? 0) + noise * (GRAINS[grain] ?? 0)));
  }
  return frame;
}

/** The picture as ffmpeg hands it to the detector: the mean of each block in 16 bits. What is less than a block is left out. */
export function blocksOf(frame: Uint8Array): Uint8Array {
  const blocks = Buffer.alloc(BLOCK_FRAME_BYTES);
  for (let block = 0; block < BLOCK_COLUMNS * BLOCK_ROWS; block++) {
    const top = Math.floor(block / BLOCK_COLUMNS) * BLOCK_PIXELS;
    const left = (block % BLOCK_COLUMNS) * BLOCK_PIXELS;
    let sum = 0;
    for (let y = top; y < top + BLOCK_PIXELS; y++) {
      for (let x = left; x < left + BLOCK_PIXELS; x++) sum += frame[y * WIDTH + x] ?? 0;
    }
    blocks.writeUInt16LE(Math.round((sum * 256) / BLOCK_PIXELS ** 2), 2 * block);
  }
  return blocks;
}

/** Somebody who crosses the picture between two frames. */
export function walker(frame: number, from: number, until: number, body: Omit<Thing, "x">): Thing[] {
  if (frame < from || frame >= until) return [];
  return [{ ...body, x: -body.width + ((frame - from) / (until - from)) * (WIDTH + 2 * body.width) }];
}

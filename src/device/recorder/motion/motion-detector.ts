import type { MotionConfig } from "../recorder-config.ts";
import { BlockBackground } from "./block-background.ts";
import { groupsOf } from "./block-groups.ts";
import { Sightings } from "./sightings.ts";
import { zoneMask } from "./zones.ts";

/** Of 16 bits to one level of 255. */
const STEPS_PER_LEVEL = 256;
/** The first pictures only teach what the place looks like. */
const LEARNING_FRAMES = 10;
/** More of the picture than this, changed from one frame to the next, is light, not a visitor. */
const LIGHT_CHANGE_PART = 0.35;
/** After light has changed, exposure settles: so long everything seen is taken as the new place. */
const SETTLING_MS = 1500;
/**
 * In how many pictures a thing must be seen moving. A lamp that goes on differs from the place for long, but from the
 * picture two frames before only twice.
 */
const PICTURES_TO_COUNT = 3;
const FRAMES_BACK = 2;

export type MotionDetectorConfig = Pick<MotionConfig, "zones" | "minimumArea" | "quietMs">;

/** Tells from the blocks of a few pictures a second whether something moves through the place. */
export class MotionDetector {
  readonly #columns: number;
  readonly #rows: number;
  /** Mean brightness of the blocks, 0 to 255. */
  readonly #means: Float32Array;
  readonly #background: BlockBackground;
  readonly #sightings: Sightings;
  readonly #mask: Uint8Array;
  readonly #minimumBlocks: number;
  readonly #quietMs: number;
  /** Block means of the last pictures, oldest first. */
  readonly #recent: Float32Array[] = [];
  #frames = 0;
  #settledAtMs = 0;
  #quietUntilMs = 0;

  constructor(columns: number, rows: number, { zones, minimumArea, quietMs }: MotionDetectorConfig) {
    this.#columns = columns;
    this.#rows = rows;
    this.#means = new Float32Array(columns * rows);
    this.#background = new BlockBackground(columns * rows);
    this.#sightings = new Sightings(columns, rows);
    this.#mask = zoneMask(columns, rows, zones);
    this.#minimumBlocks = Math.max(2, Math.round(minimumArea * columns * rows));
    this.#quietMs = quietMs;
  }

  /**
   * @param frame - Mean brightness of each block, row by row, 16 bits little-endian; not kept.
   * @param atMs - Any clock that does not jump.
   * @returns Whether a motion event begins with this picture.
   */
  push(frame: Uint8Array, atMs: number): boolean {
    this.#read(frame);
    const pictures = this.#look(this.#means, atMs);
    this.#remember(this.#means);
    if (pictures < PICTURES_TO_COUNT || atMs < this.#quietUntilMs) return false;
    this.#sightings.reset();
    this.#quietUntilMs = atMs + this.#quietMs;
    return true;
  }

  #read(frame: Uint8Array): void {
    for (let i = 0; i < this.#means.length; i++) {
      this.#means[i] = ((frame[2 * i] ?? 0) + (frame[2 * i + 1] ?? 0) * 256) / STEPS_PER_LEVEL;
    }
  }

  /** @returns In how many pictures the thing seen longest has been seen. */
  #look(means: Float32Array, atMs: number): number {
    const before = this.#recent[0];
    this.#frames += 1;
    if (before === undefined) {
      if (this.#frames === 1) this.#background.begin(means);
      return 0;
    }
    const isFirst = this.#frames <= LEARNING_FRAMES;
    if (isFirst || atMs < this.#settledAtMs) {
      this.#background.learn(means, isFirst);
      return 0;
    }
    const changed = this.#background.compare(means);
    if (this.#background.changedPart > LIGHT_CHANGE_PART) {
      this.#settledAtMs = atMs + SETTLING_MS;
      this.#sightings.reset();
      this.#background.begin(means);
      return 0;
    }
    const moving = this.#background.difference(means, before);
    const things = groupsOf(changed, moving, this.#mask, this.#columns, this.#rows).filter(
      ({ blocks, movingBlocks }) => blocks.length >= this.#minimumBlocks && movingBlocks > 0,
    );
    this.#background.adapt(means);
    return this.#sightings.add(things);
  }

  #remember(means: Float32Array): void {
    const oldest = this.#recent.length >= FRAMES_BACK ? this.#recent.shift() : undefined;
    const kept = oldest ?? new Float32Array(means.length);
    kept.set(means);
    this.#recent.push(kept);
  }
}

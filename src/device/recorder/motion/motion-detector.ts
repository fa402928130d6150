import type { MotionConfig } from "../recorder-config.ts";
import { BlockBackground } from "./block-background.ts";
import { groupsOf } from "./block-groups.ts";
import { BlockMeans } from "./block-means.ts";
import { Sightings } from "./sightings.ts";
import { zoneMask } from "./zones.ts";

const BLOCK_PIXELS = 8;
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

/** Tells from gray pictures of a few frames a second whether something moves through the place. */
export class MotionDetector {
  readonly #blocks: BlockMeans;
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

  constructor(width: number, height: number, { zones, minimumArea, quietMs }: MotionDetectorConfig) {
    this.#blocks = new BlockMeans(width, height, BLOCK_PIXELS);
    const { columns, rows } = this.#blocks;
    this.#background = new BlockBackground(columns * rows);
    this.#sightings = new Sightings(columns, rows);
    this.#mask = zoneMask(columns, rows, zones);
    this.#minimumBlocks = Math.max(2, Math.round((minimumArea * width * height) / BLOCK_PIXELS ** 2));
    this.#quietMs = quietMs;
  }

  /**
   * @param frame - One byte of brightness per pixel, row by row; not kept.
   * @param atMs - Any clock that does not jump.
   * @returns Whether a motion event begins with this picture.
   */
  push(frame: Uint8Array, atMs: number): boolean {
    this.#blocks.measure(frame);
    const pictures = this.#look(this.#blocks.means, atMs);
    this.#remember(this.#blocks.means);
    if (pictures < PICTURES_TO_COUNT || atMs < this.#quietUntilMs) return false;
    this.#sightings.reset();
    this.#quietUntilMs = atMs + this.#quietMs;
    return true;
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
    const { columns, rows } = this.#blocks;
    const things = groupsOf(changed, moving, this.#mask, columns, rows).filter(
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

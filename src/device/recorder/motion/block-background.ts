/** Levels of brightness (of 255) below which a change is never more than noise of camera and codec. */
const LEAST_CHANGE = 5;
/** How many times the usual deviation of a block a change must be. */
const NOISE_FACTOR = 6;
/** Per frame. The place follows slow light (clouds, dusk) within seconds; what stands still becomes place in a minute. */
const RATE = 0.05;
const RATE_WHERE_CHANGED = 0.005;
const NOISE_RATE = 0.04;
/** Leaves and flicker: a block that keeps changing becomes one that means less. */
const NOISE_RATE_WHERE_CHANGED = 0.01;
const FIRST_NOISE = 1;
const LEARNING_RATE = 0.2;

/** Differences are counted by quarters of a level, from -255 to 255. */
const BINS_PER_LEVEL = 4;
const MIDDLE_BIN = 255 * BINS_PER_LEVEL;

/** What each block of the place looks like without visitors, and how much it varies by itself. */
export class BlockBackground {
  /** Part of all blocks that changed at the last {@link compare}. */
  changedPart = 0;
  readonly #level: Float32Array;
  readonly #noise: Float32Array;
  readonly #changed: Uint8Array;
  readonly #moving: Uint8Array;
  readonly #bins = new Uint16Array(2 * MIDDLE_BIN + 1);
  #offset = 0;

  constructor(blocks: number) {
    this.#level = new Float32Array(blocks);
    this.#noise = new Float32Array(blocks).fill(FIRST_NOISE);
    this.#changed = new Uint8Array(blocks);
    this.#moving = new Uint8Array(blocks);
  }

  /** The first picture, or the first after the light has changed: the place looks like this now. */
  begin(means: Float32Array): void {
    this.#level.set(means);
  }

  /** A picture without judgement. @param withNoise - Not while light settles, or a visitor would pass for noise. */
  learn(means: Float32Array, withNoise: boolean): void {
    for (let i = 0; i < means.length; i++) this.#mix(i, means[i] ?? 0, LEARNING_RATE, withNoise ? LEARNING_RATE : 0);
  }

  /** @returns 1 for every block that differs from the place by more than it does by itself. Valid until the next call. */
  compare(means: Float32Array): Uint8Array {
    this.#offset = this.#medianDifference(means, this.#level);
    const count = this.#mark(this.#changed, means, this.#level, this.#offset);
    this.changedPart = count / means.length;
    return this.#changed;
  }

  /** @returns The same against an earlier picture. Valid until the next call. */
  difference(means: Float32Array, before: Float32Array): Uint8Array {
    this.#mark(this.#moving, means, before, this.#medianDifference(means, before));
    return this.#moving;
  }

  /** Follows the place after {@link compare}. */
  adapt(means: Float32Array): void {
    for (let i = 0; i < means.length; i++) {
      if (this.#changed[i] === 1) this.#mix(i, means[i] ?? 0, RATE_WHERE_CHANGED, NOISE_RATE_WHERE_CHANGED);
      else this.#mix(i, means[i] ?? 0, RATE, NOISE_RATE);
    }
  }

  #mix(i: number, mean: number, rate: number, noiseRate: number): void {
    const level = this.#level[i] ?? 0;
    const noise = this.#noise[i] ?? 0;
    const difference = mean - level;
    this.#level[i] = level + rate * difference;
    const deviation = Math.min(Math.abs(difference - this.#offset), NOISE_FACTOR * Math.max(noise, FIRST_NOISE));
    this.#noise[i] = noise + noiseRate * (deviation - noise);
  }

  #mark(marks: Uint8Array, means: Float32Array, reference: Float32Array, offset: number): number {
    let count = 0;
    for (let i = 0; i < means.length; i++) {
      const difference = Math.abs((means[i] ?? 0) - (reference[i] ?? 0) - offset);
      const isChanged = difference > Math.max(LEAST_CHANGE, NOISE_FACTOR * (this.#noise[i] ?? 0)) ? 1 : 0;
      marks[i] = isChanged;
      count += isChanged;
    }
    return count;
  }

  /**
   * What exposure control did to the whole picture: most blocks show no visitor. To a quarter of a level, since counting
   * costs a tenth of sorting.
   */
  #medianDifference(means: Float32Array, reference: Float32Array): number {
    const bins = this.#bins.fill(0);
    for (let i = 0; i < means.length; i++) {
      const bin = MIDDLE_BIN + Math.round(((means[i] ?? 0) - (reference[i] ?? 0)) * BINS_PER_LEVEL);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    let bin = 0;
    for (let below = bins[0] ?? 0; below <= means.length >> 1; below += bins[bin] ?? 0) bin++;
    return (bin - MIDDLE_BIN) / BINS_PER_LEVEL;
  }
}

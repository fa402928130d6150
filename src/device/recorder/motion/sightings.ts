import { type BlockGroup, forEachNear } from "./block-groups.ts";

/** How far a small thing gets between two pictures; farther apart they count as two things, such as two raindrops. */
const STEP_BLOCKS = 2;
/** A thing this large is followed wherever it appears: it may cross the picture in a second. */
const LARGE_BLOCKS = 12;

/** Counts in how many pictures, one after another, a thing was seen on its way through the place. */
export class Sightings {
  readonly #columns: number;
  readonly #rows: number;
  /** Per block: in how many pictures the thing that is there has been seen. */
  #counts: Uint8Array;
  #largeCount = 0;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#counts = new Uint8Array(columns * rows);
  }

  reset(): void {
    this.#counts.fill(0);
    this.#largeCount = 0;
  }

  /** @returns The longest count of pictures among the things seen now. */
  add(groups: readonly BlockGroup[]): number {
    const before = this.#counts;
    this.#counts = before.map((count) => Math.max(0, count - 1));
    let longest = 0;
    let isLarge = false;
    for (const { blocks } of groups) {
      let seen = 0;
      for (const block of blocks) {
        forEachNear(block, STEP_BLOCKS, this.#columns, this.#rows, (near) => {
          seen = Math.max(seen, before[near] ?? 0);
        });
      }
      for (const block of blocks) this.#counts[block] = seen + 1;
      longest = Math.max(longest, seen + 1);
      if (blocks.length >= LARGE_BLOCKS) isLarge = true;
    }
    this.#largeCount = isLarge ? this.#largeCount + 1 : Math.max(0, this.#largeCount - 1);
    return Math.max(longest, this.#largeCount);
  }
}

import { closeSync, ftruncateSync, openSync } from "node:fs";
import type { Dice } from "../../forge/dice.ts";
import type { Disk } from "./disk.ts";
import { readRange, writeWhole, zeroRange } from "./recorded-disk.ts";

interface Cached {
  readonly offset: number;
  readonly length: number;
  /** Null: zeroes. */
  readonly bytes: Uint8Array | null;
  readonly before: Uint8Array;
  readonly isDurable: boolean;
}

const CHANCES = 1000;

export interface Lost {
  /** Writes that no flush had covered. */
  readonly unflushed: number;
  readonly dropped: number;
}

/** A disk with a write cache that a power cut empties. Starts all zeroes. */
export class VolatileDisk implements Disk {
  readonly size: number;
  readonly #file: number;
  /** Since the last flush, in order; the file has them already. */
  #cached: Cached[] = [];

  constructor(path: string, size: number) {
    this.size = size;
    this.#file = openSync(path, "w+");
    ftruncateSync(this.#file, size);
  }

  read(offset: number, length: number): Uint8Array {
    return readRange(this.#file, offset, length);
  }

  write(offset: number, bytes: Uint8Array, isDurable: boolean): void {
    this.#happen(offset, bytes.length, bytes.slice(), isDurable);
  }

  zero(offset: number, length: number, isDurable: boolean): void {
    this.#happen(offset, length, null, isDurable);
  }

  flush(): void {
    this.#cached = [];
  }

  /**
   * The power goes. Nobody may be writing any more.
   * @param dropPerMille - How likely a write is gone that neither a flush covered nor was durable by itself.
   */
  cut(dice: Dice, dropPerMille: number): Lost {
    const cached = this.#cached;
    this.#cached = [];
    for (const { offset, before } of cached.toReversed()) writeWhole(this.#file, before, offset);
    const kept = cached.filter(({ isDurable }) => isDurable || dice.below(CHANCES) >= dropPerMille);
    for (const write of kept) this.#apply(write);
    return { unflushed: cached.length, dropped: cached.length - kept.length };
  }

  close(): void {
    closeSync(this.#file);
  }

  #happen(offset: number, length: number, bytes: Uint8Array | null, isDurable: boolean): void {
    const write = { offset, length, bytes, before: this.read(offset, length), isDurable };
    this.#cached.push(write);
    this.#apply(write);
  }

  #apply({ offset, length, bytes }: Cached): void {
    if (bytes === null) zeroRange(this.#file, offset, length);
    else writeWhole(this.#file, bytes, offset);
  }
}

/** Memory for plain video or sound, of exactly the length asked for. */
export interface Loan {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Overwrites the bytes; whoever calls it has no further use of them. A second call does nothing. */
  giveBack(): void;
}

/** More than the pre-roll and a recording have in use at once is left to the garbage collector. */
const MOST_KEPT_PER_SIZE = 8;

/**
 * Lends the same memory again and again. Memory made anew for each fragment is counted by the garbage collector, which
 * then walks the whole heap every few seconds: more work than sealing what is in it.
 */
export class ReusedMemory {
  /** By size, a power of two: fragments of one camera are about as long as each other. */
  readonly #kept = new Map<number, ArrayBuffer[]>();

  lend(byteLength: number): Loan {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, byteLength)));
    const memory = this.#kept.get(size)?.pop() ?? new ArrayBuffer(size);
    const bytes = new Uint8Array(memory, 0, byteLength);
    let isLent = true;
    return {
      bytes,
      giveBack: () => {
        if (!isLent) return;
        isLent = false;
        bytes.fill(0);
        this.#keep(size, memory);
      },
    };
  }

  #keep(size: number, memory: ArrayBuffer): void {
    const kept = this.#kept.get(size) ?? [];
    this.#kept.set(size, kept);
    if (kept.length < MOST_KEPT_PER_SIZE) kept.push(memory);
  }
}

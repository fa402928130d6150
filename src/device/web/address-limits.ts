import type { Clock } from "../platform/clock.ts";

/** Addresses remembered at once; beyond that the one heard of longest ago is forgotten. */
const MAX_ADDRESSES = 1024;

interface Bucket {
  readonly left: number;
  readonly atMs: number;
}

/** So many requests at once from one address, then so many a second. */
export class AddressLimits {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Pick<Clock, "monotonicMs">, { burst, perSecond }: { burst: number; perSecond: number }) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
  }

  /** False when the address has had its share. */
  take(address: string): boolean {
    const atMs = this.#clock.monotonicMs();
    const before = this.#buckets.get(address) ?? { left: this.#burst, atMs };
    const left = Math.min(this.#burst, before.left + ((atMs - before.atMs) / 1000) * this.#perSecond);
    this.#buckets.delete(address); // so that the map stays in the order last heard of
    this.#buckets.set(address, { left: Math.max(0, left - 1), atMs });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_ADDRESSES && oldest !== undefined) this.#buckets.delete(oldest);
    return left >= 1;
  }
}

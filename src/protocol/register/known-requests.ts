import type { RequestOutcome } from "./statements/outcome.ts";

/** Outcomes of one request: kept, kept longer, deleted. */
const MAX_OUTCOMES = 4;
/** What the number of outcomes is counted in: a request that takes no more. */
const CLOSED = 7;
const COUNTS = 8;

/**
 * Every request of the log, for outcomes that come long after: 48 bits of its digest, its requester's number and how many
 * outcomes it had, in two numbers a request.
 */
export class KnownRequests {
  readonly #byDigest = new Map<number, number>();

  /** @param numbers - What {@link list} gave. */
  static of(numbers: readonly number[]): KnownRequests {
    const requests = new KnownRequests();
    for (let i = 0; i + 1 < numbers.length; i += 2) requests.#byDigest.set(numbers[i] ?? 0, numbers[i + 1] ?? 0);
    return requests;
  }

  /** Prefix and value of each, one after the other. */
  list(): number[] {
    const numbers: number[] = [];
    for (const [prefix, value] of this.#byDigest) numbers.push(prefix, value);
    return numbers;
  }

  add(digest: Uint8Array, requester: number): void {
    this.#byDigest.set(prefixOf(digest), requester * COUNTS);
  }

  /** Null when this requester made no such request. */
  outcomesOf(digest: Uint8Array, requester: number): "open" | "closed" | null {
    const value = this.#byDigest.get(prefixOf(digest));
    if (value === undefined || Math.floor(value / COUNTS) !== requester) return null;
    return value % COUNTS >= MAX_OUTCOMES ? "closed" : "open";
  }

  addOutcome({ request, outcome }: RequestOutcome): void {
    const prefix = prefixOf(request);
    const value = this.#byDigest.get(prefix);
    if (value === undefined) return;
    this.#byDigest.set(prefix, outcome === "deleted-on" ? value - (value % COUNTS) + CLOSED : value + 1);
  }
}

function prefixOf(digest: Uint8Array): number {
  let prefix = 0;
  for (let i = 0; i < 6; i += 1) prefix = prefix * 256 + (digest[i] ?? 0);
  return prefix;
}

/** How much one connection may get wrong, and all together may ask for. Remembers connections only while they are open, and no address. */

/** Refusals on one connection before it is closed. */
const REFUSALS_PER_CONNECTION = 20;
/** Unanswered statements on one connection. */
const AT_ONCE_PER_CONNECTION = 64;
/**
 * Of everybody together: so many statements at once, then so many a second, that only their signatures speak against. Whatever is
 * refused before costs next to nothing, and does not count: else a stranger's rubbish would keep the others out.
 */
const FORGERIES_AT_ONCE = 2_000;
const FORGERIES_PER_SECOND = 500;

interface Conduct {
  refusals: number;
  atOnce: number;
}

/** What became of a statement; `forged`: refused once its signatures had been checked. */
export type Conclusion = "accepted" | "refused" | "forged";

export type Patience = "go-on" | "register/slow-down" | "register/busy";

export class FloodGuard {
  readonly #monotonicMs: () => number;
  /** Ends with the connection, and so does what is known of it. */
  readonly #conduct = new WeakMap<object, Conduct>();
  #left = FORGERIES_AT_ONCE;
  #countedAtMs: number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#countedAtMs = monotonicMs();
  }

  /** Asked before a statement's body is looked at; `go-on` counts it until {@link end}. */
  begin(connection: object): Patience {
    const conduct = this.#conductOf(connection);
    if (conduct.refusals >= REFUSALS_PER_CONNECTION || conduct.atOnce >= AT_ONCE_PER_CONNECTION)
      return "register/slow-down";
    if (this.#refill() < 1) return "register/busy";
    conduct.atOnce += 1;
    return "go-on";
  }

  /** @returns Whether the connection has used up its patience and should be closed after the answer. */
  end(connection: object, conclusion: Conclusion): boolean {
    const conduct = this.#conductOf(connection);
    conduct.atOnce -= 1;
    if (conclusion !== "accepted") conduct.refusals += 1;
    if (conclusion === "forged") this.#left -= 1;
    return conduct.refusals >= REFUSALS_PER_CONNECTION;
  }

  #conductOf(connection: object): Conduct {
    const known = this.#conduct.get(connection);
    if (known !== undefined) return known;
    const fresh = { refusals: 0, atOnce: 0 };
    this.#conduct.set(connection, fresh);
    return fresh;
  }

  #refill(): number {
    const nowMs = this.#monotonicMs();
    const more = ((nowMs - this.#countedAtMs) / 1000) * FORGERIES_PER_SECOND;
    this.#countedAtMs = nowMs;
    this.#left = Math.min(FORGERIES_AT_ONCE, this.#left + more);
    return this.#left;
  }
}

/** How much one connection may get wrong, and all together may ask for. Remembers connections only while they are open, and no address. */

/** Refusals on one connection before it is closed. */
const REFUSALS_PER_CONNECTION = 20;
/** Unanswered statements on one connection. */
const AT_ONCE_PER_CONNECTION = 64;
/** Refused statements of everybody: so many at once, then so many a second. Each costs at most two checks of signatures. */
const REFUSALS_AT_ONCE = 2_000;
const REFUSALS_PER_SECOND = 500;

interface Conduct {
  refusals: number;
  atOnce: number;
}

export type Patience = "go-on" | "register/slow-down" | "register/busy";

export class FloodGuard {
  readonly #monotonicMs: () => number;
  /** Ends with the connection, and so does what is known of it. */
  readonly #conduct = new WeakMap<object, Conduct>();
  #left = REFUSALS_AT_ONCE;
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
  end(connection: object, wasRefused: boolean): boolean {
    const conduct = this.#conductOf(connection);
    conduct.atOnce -= 1;
    if (wasRefused) {
      conduct.refusals += 1;
      this.#left -= 1;
    }
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
    const more = ((nowMs - this.#countedAtMs) / 1000) * REFUSALS_PER_SECOND;
    this.#countedAtMs = nowMs;
    this.#left = Math.min(REFUSALS_AT_ONCE, this.#left + more);
    return this.#left;
  }
}

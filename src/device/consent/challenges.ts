import { equalBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";

const CHALLENGE_BYTES = 16;
const LIFETIME_MS = 24 * 60 * 60 * 1000;
/** More than a household can need at once; beyond it the oldest becomes void. */
export const MAX_CHALLENGES = 64;

interface Outstanding {
  readonly challenge: Uint8Array;
  readonly issuedAtMs: number;
}

/** Challenges live in RAM by the monotonic clock, so neither a wrong time of day nor a copy of the card revives one. */
export class Challenges {
  #outstanding: readonly Outstanding[] = [];
  readonly #crypto: Pick<Crypto, "randomBytes">;
  readonly #clock: { monotonicMs(): number };

  constructor(crypto: Pick<Crypto, "randomBytes">, clock: { monotonicMs(): number }) {
    this.#crypto = crypto;
    this.#clock = clock;
  }

  issue(): Uint8Array {
    const challenge = this.#crypto.randomBytes(CHALLENGE_BYTES);
    this.#dropOld();
    this.#outstanding = [...this.#outstanding, { challenge, issuedAtMs: this.#clock.monotonicMs() }].slice(
      -MAX_CHALLENGES,
    );
    return challenge.slice();
  }

  holds(challenge: Uint8Array): boolean {
    this.#dropOld();
    return this.#outstanding.some((entry) => equalBytes(entry.challenge, challenge));
  }

  useUp(challenge: Uint8Array): void {
    this.#outstanding = this.#outstanding.filter((entry) => !equalBytes(entry.challenge, challenge));
  }

  #dropOld(): void {
    const oldestMs = this.#clock.monotonicMs() - LIFETIME_MS;
    this.#outstanding = this.#outstanding.filter(({ issuedAtMs }) => issuedAtMs > oldestMs);
  }
}

import type { Consent } from "../../protocol/statements/consent.ts";
import type { RecipientCard } from "../../protocol/statements/recipient-card.ts";

export interface ClearanceParts {
  readonly token: Uint8Array;
  readonly consent: Consent;
  /** SHA-256 of the PAE of the one payload that all signers signed. */
  readonly consentDigest: Uint8Array;
  readonly card: RecipientCard;
  readonly grant: Uint8Array;
  readonly facts: Uint8Array | null;
  /** Why nothing more may leave, or null while all still holds. */
  readonly objection: () => "revoked" | "void" | null;
}

/** Proof, in memory only, that a consent was checked, its undo window passed and the audit row is written. */
export class Clearance {
  readonly #parts: ClearanceParts;

  private constructor(parts: ClearanceParts) {
    this.#parts = parts;
  }

  /** For the consent desk alone; a test holds every other folder to that. */
  static ofVerified(parts: ClearanceParts): Clearance {
    return new Clearance(parts);
  }

  get token(): Uint8Array {
    return this.#parts.token;
  }

  get consent(): Consent {
    return this.#parts.consent;
  }

  get consentDigest(): Uint8Array {
    return this.#parts.consentDigest;
  }

  get card(): RecipientCard {
    return this.#parts.card;
  }

  get grant(): Uint8Array {
    return this.#parts.grant;
  }

  get facts(): Uint8Array | null {
    return this.#parts.facts;
  }

  /** Asked before the first byte and at each resume: not revoked, not expired, signers still owners, clip there. */
  objection(): "revoked" | "void" | null {
    return this.#parts.objection();
  }
}

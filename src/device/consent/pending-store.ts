import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { equalBytes } from "../../protocol/bytes.ts";
import { readFileIfThere, syncDirectory, writeFileDurably } from "../platform/durable-file.ts";
import {
  decodePending,
  encodePending,
  MAX_PENDING_CONSENTS,
  MAX_REVOCATIONS,
  type Pending,
  type PendingConsent,
  type PendingRevocation,
} from "./pending-file.ts";

const EMPTY: Pending = { consents: [], revocations: [] };

/**
 * Consents that may still be undone or still lack signers, and revocations of tokens that may yet come.
 * One file, rewritten whole, so that an entry taken out leaves nothing; without entries there is no file.
 */
export class PendingStore {
  readonly #path: string;
  #pending: Pending = EMPTY;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws ConsentError `consent/pending-damaged`; the file is left as it is. */
  async load(): Promise<void> {
    const file = await readFileIfThere(this.#path);
    this.#pending = file === undefined ? EMPTY : decodePending(file);
    // A crash between writing and renaming leaves this behind; what it holds never became true.
    await rm(`${this.#path}.tmp`, { force: true });
  }

  get consents(): readonly PendingConsent[] {
    return this.#pending.consents;
  }

  get revocations(): readonly PendingRevocation[] {
    return this.#pending.revocations;
  }

  get isFull(): boolean {
    return this.#pending.consents.length >= MAX_PENDING_CONSENTS;
  }

  find(token: Uint8Array): PendingConsent | undefined {
    return this.#pending.consents.find((entry) => equalBytes(entry.token, token));
  }

  isRevoked(token: Uint8Array): boolean {
    return this.#pending.revocations.some((entry) => equalBytes(entry.token, token));
  }

  /** Adds a consent, or replaces the one with the same token; settles once it would survive a power cut. */
  put(consent: PendingConsent): Promise<void> {
    const others = this.#pending.consents.filter(({ token }) => !equalBytes(token, consent.token));
    return this.#write({ ...this.#pending, consents: [...others, consent] });
  }

  /** Takes a consent out, if it is there, and keeps that its token is revoked. */
  revoke(revocation: PendingRevocation): Promise<void> {
    const consents = this.#pending.consents.filter(({ token }) => !equalBytes(token, revocation.token));
    const others = this.#pending.revocations
      .filter(({ token }) => !equalBytes(token, revocation.token))
      .toSorted((a, b) => b.until - a.until)
      .slice(0, MAX_REVOCATIONS - 1);
    return this.#write({ consents, revocations: [...others, revocation] });
  }

  /** Keeps only what both tests allow. Writes nothing when that is everything. */
  async keepOnly(
    consentStays: (consent: PendingConsent) => boolean,
    revocationStays: (revocation: PendingRevocation) => boolean,
  ): Promise<void> {
    const consents = this.#pending.consents.filter(consentStays);
    const revocations = this.#pending.revocations.filter(revocationStays);
    const isSame =
      consents.length === this.#pending.consents.length && revocations.length === this.#pending.revocations.length;
    if (!isSame) await this.#write({ consents, revocations });
  }

  async #write(pending: Pending): Promise<void> {
    if (pending.consents.length + pending.revocations.length > 0) {
      await writeFileDurably(this.#path, encodePending(pending));
    } else {
      await rm(this.#path, { force: true });
      await syncDirectory(dirname(this.#path));
    }
    this.#pending = pending;
  }
}

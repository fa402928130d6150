import { equalBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { openStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { RECOVERY_WAIT_MS } from "../../protocol/recovery-keys.ts";
import { recoveryStatement } from "../../protocol/statements/recovery.ts";
import { recoveryClaimStatement } from "../../protocol/statements/recovery-claim.ts";
import type { Cancel, Clock } from "../platform/clock.ts";
import type { Household } from "./household.ts";
import { readRecovery, type StoredRecovery, writeRecovery } from "./recovery-file.ts";
import { type RecoveryProposal, RecoveryProposals } from "./recovery-proposals.ts";

const LOOK_EVERY_MS = 60_000;
const SAVE_EVERY_MS = 3_600_000;
const REMIND_EVERY_MS = 24 * 3_600_000;

/**
 * What became of the words; `waiting` is said once a day while somebody claims by them, so that no owner misses it.
 * `proposed`: other owners have to sign them too.
 */
export type RecoveryStep = "proposed" | "registered" | "removed" | "claimed" | "waiting" | "cancelled" | "done";

export interface RecoveryPorts {
  readonly crypto: Crypto;
  readonly clock: Pick<Clock, "monotonicMs" | "every">;
  readonly deviceKey: Uint8Array;
  readonly household: Household;
  /** `member`: the owner who proposed, registered or cancelled, or else the phone that claims. */
  readonly onStep: (step: RecoveryStep, member: Uint8Array) => void;
  /** The claimant is an owner on disk. */
  readonly onRecovered: () => Promise<void>;
}

export type Rejected = { readonly rejected: string };

/**
 * The way back when every owner's phone is lost: words that owners have registered let a newly paired phone claim the
 * household. Only after 72 hours, which every owner can see and end, it becomes an owner.
 */
export class Recovery {
  readonly #path: string;
  readonly #ports: RecoveryPorts;
  #stored: StoredRecovery | null = null;
  readonly #proposals = new RecoveryProposals();
  #lookedAtMs = 0;
  #savedMs = 0;
  #remindedMs = 0;
  #cancel: Cancel = () => {};
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, ports: RecoveryPorts) {
    this.#path = path;
    this.#ports = ports;
  }

  /** @throws LinkError `link/recovery-damaged`. */
  async start(): Promise<void> {
    this.#stored = await readRecovery(this.#path);
    this.#lookedAtMs = this.#ports.clock.monotonicMs();
    this.#savedMs = this.#stored?.claim?.waitedMs ?? 0;
    this.#remindedMs = this.#savedMs;
    this.#cancel = this.#ports.clock.every(LOOK_EVERY_MS, () => void this.#inTurn(() => this.#look()).catch(() => {}));
  }

  /** Settles when nothing is being written. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#turn;
  }

  /** Settles when what was asked before has been done. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  get isRegistered(): boolean {
    return this.#stored !== null;
  }

  get keepsFootage(): boolean {
    return this.#stored?.sealedDays !== null && this.#stored !== null;
  }

  get sealedDays(): string | null {
    return this.#stored?.sealedDays ?? null;
  }

  get claim(): { readonly member: Uint8Array; readonly remainingMs: number } | null {
    const claim = this.#stored?.claim ?? null;
    return (
      claim && { member: claim.member, remainingMs: Math.max(0, RECOVERY_WAIT_MS - this.#waitedMs(claim.waitedMs)) }
    );
  }

  /** Registrations that lack signatures, for co-signers. */
  proposals(): readonly RecoveryProposal[] {
    return this.#proposals.of(this.#ports.household.view().state);
  }

  /**
   * Counts once as many owners as the quorum says have signed one payload, at once or one after another.
   * @param envelopes - Signatures over one payload.
   * @param sealedDays - Counts from whoever signs first.
   */
  register(
    envelopes: readonly Uint8Array[],
    sealedDays: string | null,
    by: Uint8Array,
  ): Promise<Rejected | { readonly missing: number }> {
    return this.#inTurn(async () => {
      const { state, quorum, members } = this.#ports.household.view();
      const owners = members.filter(({ role }) => role === "owner").map(({ signKey }) => signKey);
      const statements = envelopes.map((envelope) =>
        openStatement(this.#ports.crypto, recoveryStatement, envelope, owners),
      );
      const [first, ...others] = statements;
      const isOne = statements.every(({ digest }) => first && equalBytes(digest, first.digest));
      if (first === undefined || !isOne) return { rejected: "link/too-few-signatures" };
      const { device, household, key } = first.payload;
      if (!equalBytes(device, this.#ports.deviceKey) || household !== state) return { rejected: "link/stale-change" };
      if (key !== null && !this.#ports.crypto.checkPublicKey(key)) return { rejected: "link/malformed" };
      const proposal = this.#proposals.add([first, ...others], sealedDays);
      const missing = Math.max(0, quorum - proposal.signers.length);
      if (missing > 0) {
        this.#ports.onStep("proposed", by);
        return { missing };
      }
      await this.#save(key === null ? null : { version: 1, key, sealedDays: proposal.sealedDays, claim: null });
      this.#proposals.forget();
      this.#ports.onStep(key === null ? "removed" : "registered", by);
      return { missing };
    });
  }

  /**
   * @param member - Who sends it, a paired phone that nobody has admitted. Claiming again changes nothing; once it owns
   * the doorbell nothing remains, and no new claim begins.
   */
  startClaim(envelope: Uint8Array, member: Uint8Array): Promise<Rejected | { readonly remainingMs: number }> {
    return this.#inTurn(async () => {
      const stored = this.#stored;
      if (stored === null) return { rejected: "link/no-recovery" };
      const { payload } = openStatement(this.#ports.crypto, recoveryClaimStatement, envelope, stored.key);
      if (!equalBytes(payload.device, this.#ports.deviceKey) || !equalBytes(payload.member, member)) {
        return { rejected: "link/malformed" };
      }
      if (this.#owns(member)) return { remainingMs: 0 };
      if (stored.claim === null || !equalBytes(stored.claim.member, member)) {
        this.#lookedAtMs = this.#ports.clock.monotonicMs();
        await this.#save({ ...stored, claim: { member, waitedMs: 0 } });
        this.#ports.onStep("claimed", member);
      }
      return { remainingMs: this.claim?.remainingMs ?? RECOVERY_WAIT_MS };
    });
  }

  /** Any owner's word is enough. */
  cancelClaim(by: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const stored = this.#stored;
      if (stored === null || stored.claim === null) return;
      await this.#save({ ...stored, claim: null });
      this.#ports.onStep("cancelled", by);
    });
  }

  /** A claim ends with the phone that made it, whether it was admitted or sent away. */
  householdChanged(): Promise<void> {
    return this.#inTurn(async () => {
      const stored = this.#stored;
      if (stored?.claim && !this.#waits(stored.claim.member)) await this.#save({ ...stored, claim: null });
    });
  }

  /** A factory reset. */
  clear(): Promise<void> {
    return this.#inTurn(() => {
      this.#proposals.forget();
      return this.#save(null);
    });
  }

  async #look(): Promise<void> {
    const stored = this.#stored;
    const nowMs = this.#ports.clock.monotonicMs();
    if (stored === null || stored.claim === null) {
      this.#lookedAtMs = nowMs;
      return;
    }
    const { member } = stored.claim;
    const waitedMs = this.#waitedMs(stored.claim.waitedMs);
    this.#lookedAtMs = nowMs;
    if (waitedMs >= RECOVERY_WAIT_MS) {
      await this.#ports.household.recover(member);
      // The sealed days stay until the new owner has fetched them; the words have done their work.
      await this.#save({ ...stored, claim: null });
      this.#ports.onStep("done", member);
      await this.#ports.onRecovered();
      return;
    }
    this.#stored = { ...stored, claim: { member, waitedMs } };
    if (waitedMs - this.#savedMs >= SAVE_EVERY_MS) await this.#save(this.#stored);
    if (waitedMs - this.#remindedMs >= REMIND_EVERY_MS) {
      this.#remindedMs = waitedMs;
      this.#ports.onStep("waiting", member);
    }
  }

  #waitedMs(beforeMs: number): number {
    return Math.floor(beforeMs + this.#ports.clock.monotonicMs() - this.#lookedAtMs);
  }

  #owns(member: Uint8Array): boolean {
    const { members } = this.#ports.household.view();
    return members.some(({ signKey, role }) => role === "owner" && equalBytes(signKey, member));
  }

  #waits(member: Uint8Array): boolean {
    return this.#ports.household.links.some(({ signKey, role }) => role === "none" && equalBytes(signKey, member));
  }

  async #save(next: StoredRecovery | null): Promise<void> {
    await writeRecovery(this.#path, next);
    this.#stored = next;
    this.#savedMs = next?.claim?.waitedMs ?? 0;
    if (this.#savedMs === 0) this.#remindedMs = 0;
  }

  /** @throws ProtocolError for statements that do not hold. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(run, run);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

/** The code for the log of a statement that does not hold. */
export const rejectedStatement = (error: unknown): Rejected => {
  if (error instanceof ProtocolError) return { rejected: error.code };
  throw error;
};

import type { AuditEntry } from "../../protocol/audit-chain.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { DayPublicKey } from "../audit/audit-log.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { ClipHead, ClipRow } from "../vault/types.ts";
import type { Clearance } from "./clearance.ts";

/** The household as it is now; every change makes a new view with a higher `state`. */
export interface HouseholdView {
  readonly state: number;
  /** How many owners must sign the same payload. */
  readonly quorum: number;
  readonly members: readonly { readonly signKey: Uint8Array; readonly role: "owner" | "viewer" }[];
  /** Keys that were members once: their tokens are `revoked-signer`, not `unknown-signer`. */
  readonly removed: readonly Uint8Array[];
}

export type ConsentClock = Pick<Clock, "nowMs" | "monotonicMs" | "synced" | "after" | "every">;
export type ConsentLog = Pick<Log, "info" | "warn" | "error">;

/** The part of the vault that a consent asks about. */
export interface ClipShelf {
  find(id: Uint8Array): ClipRow | null;
  head(id: Uint8Array): Promise<ClipHead>;
}

/** The part of the ledger that makes one change of several. */
export interface LedgerTransactions {
  transaction<T>(change: () => T): T;
}

export interface AuditAppender {
  append(entry: AuditEntry, members: readonly DayPublicKey[]): number;
}

/** Everything about an accepted token that must outlive a reboot until it is delivered. */
export interface AcceptedConsent {
  readonly token: Uint8Array;
  /** Envelopes over the same payload, one per signer. */
  readonly envelopes: readonly Uint8Array[];
  readonly grant: Uint8Array;
  readonly card: Uint8Array;
  /** Sealed to the recipient; null when the owner added none. */
  readonly facts: Uint8Array | null;
  readonly purpose: string;
}

/** How far an accepted token has come. `void`: it expired, a signer is no longer an owner, or the clip is gone. */
export type DeliveryState = "open" | "delivered" | "revoked" | "void";

/** Accepted tokens in the ledger; the publisher owns the tables. All calls are synchronous, inside or outside a transaction. */
export interface AcceptedTokens {
  has(token: Uint8Array): boolean;
  add(consent: AcceptedConsent): void;
  stateOf(token: Uint8Array): DeliveryState | null;
  /** Rows whose delivery is still to be done, oldest first. */
  open(): readonly AcceptedConsent[];
  /** Ends an open row; anything but its token id and state is erased. False when it was not open. */
  end(token: Uint8Array, state: "revoked" | "void"): boolean;
  states(): readonly { readonly token: Uint8Array; readonly state: DeliveryState }[];
}

export interface Publishing {
  /**
   * Delivers the share and settles when the recipient's receipt is on disk, or when the clearance no longer holds.
   * Retries by itself until then; rejects only when the signal aborts.
   */
  publish(clearance: Clearance, signal: AbortSignal): Promise<"delivered" | "revoked" | "void">;
}

export interface ConsentDeskPorts {
  readonly crypto: Crypto;
  readonly clock: ConsentClock;
  readonly log: ConsentLog;
  readonly household: () => HouseholdView;
  readonly vault: ClipShelf;
  readonly ledger: LedgerTransactions;
  readonly audit: AuditAppender;
  /** Keys of the day of every member, for sealing audit rows. */
  readonly auditReaders: () => readonly DayPublicKey[];
  readonly accepted: AcceptedTokens;
  readonly publisher: Publishing;
}

export interface ConsentDeskConfig {
  /** The device's Ed25519 public key. */
  readonly device: Uint8Array;
  /** Path of `pending.bin`; the file is there only while something is pending. */
  readonly pendingFile: string;
  /** Length of the undo window; default ten minutes. */
  readonly undoMs?: number;
}

/** What an owner's app sends; every byte is attacker-controlled until `decide` has passed it. */
export interface ConsentSubmission {
  readonly consent: Uint8Array;
  readonly grant: Uint8Array;
  readonly card: Uint8Array;
  readonly facts: Uint8Array | null;
  /** Text whose digest the consent names. */
  readonly purpose: string;
}

/** One line of the owner's list of shares. Only tokens that were not refused are in it. */
export interface ShareStatus {
  readonly token: Uint8Array;
  readonly state: "waiting" | "undo-window" | "delivering" | "delivered" | "revoked" | "void";
  /** Signatures still missing; 0 unless waiting. */
  readonly missingSigners: number;
  /** Rest of the undo window in milliseconds; 0 outside it. */
  readonly undoRemainingMs: number;
}

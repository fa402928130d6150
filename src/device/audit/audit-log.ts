import type { AuditEntry, AuditRow } from "../../protocol/audit-chain.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Signer } from "../../protocol/envelope.ts";
import type { Ledger } from "./ledger.ts";

/** One member's box key of the day; entries are sealed to every member. */
export interface DayPublicKey {
  readonly day: number;
  readonly publicKey: Uint8Array;
}

export interface AuditPorts {
  readonly crypto: Crypto;
  readonly clock: { nowMs(): number };
  /** The device's signing key; signs heads. */
  readonly signer: Signer;
}

export type AuditCheck =
  | { readonly ok: true; readonly rows: number; readonly sequence: number; readonly chain: Uint8Array }
  | { readonly ok: false; readonly sequence: number; readonly text: string };

/** Hash-chained log of what left the device and what changed on it; only members can read it. */
export declare class AuditLog {
  constructor(ledger: Ledger, ports: AuditPorts);
  /**
   * Adds a row and returns its sequence number. Synchronous: call it inside {@link Ledger.transaction} beside the change it tells of.
   * @param members - Key of the day of every member; none: the row is in the chain, but nobody can read it.
   */
  append(entry: AuditEntry, members: readonly DayPublicKey[]): number;
  /** Rows after `sequence`, oldest first. */
  rows(afterSequence: number, limit: number): AuditRow[];
  /** Signed `audit-head` statement (envelope) about the newest row. */
  head(): Promise<Uint8Array>;
  verify(): AuditCheck;
  /** Rows and a signed head as bytes that `readAuditExport` (protocol/audit-chain.ts) takes apart. */
  export(afterSequence: number, limit: number): Promise<Uint8Array>;
}

import type Database from "better-sqlite3";

/** `ledger.db`: the audit chain and the outbox in one file, so that one transaction can cover both. */
export interface Ledger {
  readonly db: Database.Database;
  /** Runs `change` in one IMMEDIATE transaction at synchronous FULL: all of it is on disk when this returns, or none. Nests. */
  transaction<T>(change: () => T): T;
  /**
   * Brings one part's tables to its newest version. Each part (audit, publisher, …) counts its own versions.
   * @param steps - SQL texts; step i makes version i+1. Steps are only ever added at the end.
   * @throws AuditError `audit/newer-ledger` when the file has more versions than `steps`; nothing is touched then.
   */
  migrate(part: string, steps: readonly string[]): void;
  /** Writes the log back into the file and closes; may be called twice. */
  close(): void;
}

export declare function openLedger(path: string): Ledger;

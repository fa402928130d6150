import {
  AUDIT_START,
  type AuditEntry,
  type AuditPosition,
  type AuditRow,
  type AuditVerdict,
  chainAfter,
  sealAuditEntry,
  verifyAuditChain,
  writeAuditExport,
} from "../../protocol/audit-chain.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { type Signer, signStatement } from "../../protocol/envelope.ts";
import { auditHeadStatement } from "../../protocol/statements/audit-head.ts";
import type { Ledger } from "./ledger.ts";

const MS_PER_DAY = 86_400_000;
const EXPORT_BATCH = 1000;

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

const schema: readonly string[] = [
  `
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY CHECK (sequence > 0),  -- from 1 without gaps
  day      INTEGER NOT NULL,                          -- UTC day number, never falls
  sealed   BLOB    NOT NULL,                          -- entry, padded and sealed to the members of that day
  chain    BLOB    NOT NULL CHECK (length(chain) = 32) -- hash over the chain before it and this row
);
-- A row is written once: whoever changes one has to break the chain by other means than a slip in this program.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit rows do not change'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit rows do not go'); END;
`,
];

interface RawRow {
  sequence: number;
  day: number;
  sealed: Uint8Array;
  chain: Uint8Array;
}

/** Hash-chained log of what left the device and what changed on it; only members can read it. */
export class AuditLog {
  readonly #ledger: Ledger;
  readonly #ports: AuditPorts;

  /** Makes or updates its table in the ledger. */
  constructor(ledger: Ledger, ports: AuditPorts) {
    this.#ledger = ledger;
    this.#ports = ports;
    ledger.migrate("audit", schema);
  }

  /**
   * Adds a row and returns its sequence number. Synchronous: call it inside {@link Ledger.transaction} beside the change it tells of.
   * @param members - Key of the day of every member; with none the row is a link of the chain that nobody can read.
   */
  append(entry: AuditEntry, members: readonly DayPublicKey[]): number {
    const { crypto, clock } = this.#ports;
    const sealed = sealAuditEntry(crypto, entry, members);
    return this.#ledger.transaction(() => {
      const last = this.#last();
      const sequence = last.sequence + 1;
      const day = Math.max(last.day, Math.floor(clock.nowMs() / MS_PER_DAY));
      const chain = chainAfter(crypto, last.chain, sequence, day, sealed);
      this.#ledger.db
        .prepare("INSERT INTO audit (sequence, day, sealed, chain) VALUES (?, ?, ?, ?)")
        .run(sequence, day, sealed, chain);
      return sequence;
    });
  }

  /** Rows after `sequence`, oldest first. */
  rows(afterSequence: number, limit: number): AuditRow[] {
    const rows = this.#ledger.db
      .prepare("SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?")
      .all(afterSequence, limit) as RawRow[];
    return rows.map(readRow);
  }

  /** Signed `audit-head` statement (envelope) about the newest row. */
  head(): Promise<Uint8Array> {
    return this.#headAt(this.#last());
  }

  /** Recomputes the whole chain. */
  verify(): AuditVerdict {
    return verifyAuditChain(this.#ports.crypto, this.#allRows());
  }

  /** At most `limit` rows after `afterSequence` and a head signed for the last of them, as `readAuditExport` reads it. */
  async export(afterSequence: number, limit: number): Promise<Uint8Array> {
    const rows = this.rows(afterSequence, limit);
    return writeAuditExport(await this.#headAt(rows.at(-1) ?? this.#last()), rows);
  }

  *#allRows(): Generator<AuditRow> {
    for (let after = 0; ; ) {
      const rows = this.rows(after, EXPORT_BATCH);
      const last = rows.at(-1);
      if (last === undefined) return;
      yield* rows;
      after = last.sequence;
    }
  }

  #headAt({ sequence, chain }: AuditPosition): Promise<Uint8Array> {
    const { crypto, signer } = this.#ports;
    return signStatement(crypto, auditHeadStatement, { device: signer.publicKey, sequence, chain }, signer);
  }

  #last(): AuditPosition & { readonly day: number } {
    const raw = this.#ledger.db.prepare("SELECT * FROM audit ORDER BY sequence DESC LIMIT 1").get() as
      | RawRow
      | undefined;
    return raw === undefined ? { ...AUDIT_START, day: 0 } : readRow(raw);
  }
}

const readRow = (raw: RawRow): AuditRow => ({
  sequence: raw.sequence,
  day: raw.day,
  sealed: new Uint8Array(raw.sealed),
  chain: new Uint8Array(raw.chain),
});

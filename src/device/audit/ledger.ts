import { existsSync, mkdirSync, utimesSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { type Clock, systemClock } from "../platform/clock.ts";
import { makeDurable, readSqliteHeader } from "../platform/sqlite-file.ts";
import { AuditError } from "./errors.ts";

/** `ledger.db`: the audit chain and the outbox in one file, so that one transaction can cover both. */
export interface Ledger {
  readonly db: Database.Database;
  /**
   * Runs `change` in one transaction: all of it is on disk when this returns, or none. A call inside another joins it.
   * The write-ahead log is emptied afterwards, so that what a change erased is in no file any more.
   */
  transaction<T>(change: () => T): T;
  /**
   * Brings one part's tables to its newest version. Each part (audit, publisher, …) counts its own versions.
   * @param steps - SQL texts; step i makes version i+1. A step that has shipped never changes.
   * @throws {@link AuditError} `audit/newer-ledger` when the file is ahead of `steps`; nothing is touched then.
   */
  migrate(part: string, steps: readonly string[]): void;
  /** Folds the write-ahead log into the file and closes; may be called twice. */
  close(): void;
}

const FORMAT_VERSION = 1;
const MS_PER_DAY = 86_400_000;
/** "DWLG": tells a ledger of any version from bytes that only look like a database. */
const APPLICATION_ID = 0x44574c47;

const FORMAT = `
-- Version of each part's tables; a part counts its own.
CREATE TABLE part (
  name    TEXT    PRIMARY KEY,
  version INTEGER NOT NULL CHECK (version > 0)
) WITHOUT ROWID;
`;

/**
 * Opens the ledger, making it when there is none.
 * @throws {@link AuditError} `audit/newer-ledger` and `audit/ledger-damaged`, the file left as it was; `audit/in-use`, `audit/write-failed`.
 */
export function openLedger(path: string, clock: Pick<Clock, "nowMs"> = systemClock): Ledger {
  refuseUnreadable(path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: 1000 });
    const verdict = makeDurable(db);
    if (verdict !== "ok") throw new AuditError("audit/ledger-damaged", `${path} is damaged: ${verdict}`);
    makeFormat(db);
    return new SqliteLedger(path, db, clock);
  } catch (error) {
    db?.close();
    throw asAuditError(error, path);
  }
}

class SqliteLedger implements Ledger {
  readonly db: Database.Database;
  readonly #path: string;
  readonly #clock: Pick<Clock, "nowMs">;

  constructor(path: string, db: Database.Database, clock: Pick<Clock, "nowMs">) {
    this.#path = path;
    this.#clock = clock;
    this.db = db;
  }

  transaction<T>(change: () => T): T {
    if (this.db.inTransaction) return change();
    const result = this.db.transaction(change).immediate();
    this.#foldLog();
    return result;
  }

  migrate(part: string, steps: readonly string[]): void {
    this.transaction(() => {
      const version = Number(this.db.prepare("SELECT version FROM part WHERE name = ?").pluck().get(part) ?? 0);
      if (version > steps.length) throw newer(`${this.#path}: ${part}`, version, steps.length);
      if (version === steps.length) return;
      for (const sql of steps.slice(version)) this.db.exec(sql);
      this.db.prepare("INSERT OR REPLACE INTO part (name, version) VALUES (?, ?)").run(part, steps.length);
    });
  }

  close(): void {
    if (!this.db.open) return;
    this.#foldLog();
    this.db.close();
    stampToday(this.#path, this.#clock);
  }

  #foldLog(): void {
    try {
      this.db.pragma("wal_checkpoint(TRUNCATE)");
    } catch (error) {
      // The change itself is durable. A full card keeps its log until the next change finds room.
      if (!(error instanceof Database.SqliteError)) throw error;
    }
    stampToday(this.#path, this.#clock);
  }
}

/** Dates the files to the day: an exact date would tell when somebody last shared, paired or switched privacy mode. */
function stampToday(path: string, clock: Pick<Clock, "nowMs">): void {
  const midnight = Math.floor(clock.nowMs() / MS_PER_DAY) * (MS_PER_DAY / 1000);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) utimesSync(file, midnight, midnight);
}

function refuseUnreadable(path: string): void {
  const header = readSqliteHeader(path);
  if (header === null) return;
  if (header === "not-a-database") {
    throw new AuditError("audit/ledger-damaged", `${path} is not a database; it was left as it is`);
  }
  if (!header.isUnfinished && header.applicationId !== APPLICATION_ID) {
    throw new AuditError("audit/ledger-damaged", `${path} is not a ledger; it was left as it is`);
  }
  if (header.version > FORMAT_VERSION) throw newer(path, header.version, FORMAT_VERSION);
}

function makeFormat(db: Database.Database): void {
  if (Number(db.pragma("user_version", { simple: true })) === FORMAT_VERSION) return;
  db.transaction(() => {
    db.exec(FORMAT);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${FORMAT_VERSION}`);
  }).immediate();
  db.pragma("wal_checkpoint(TRUNCATE)"); // so that the header alone tells the version
}

const newer = (what: string, found: number, known: number): AuditError =>
  new AuditError(
    "audit/newer-ledger",
    `${what} has version ${found}, this Doorward knows ${known}: install the newer one; nothing was touched`,
  );

function asAuditError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new AuditError("audit/in-use", `${path} is being written by another process`, { cause: error });
  }
  if (/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(error.code)) {
    return new AuditError("audit/write-failed", `${path}: ${error.message}`, { cause: error });
  }
  return new AuditError("audit/ledger-damaged", `${path}: ${error.message}`, { cause: error });
}

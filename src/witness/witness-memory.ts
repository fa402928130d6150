import Database from "better-sqlite3";
import { WitnessError } from "./errors.ts";

/** "DWWI": tells a witness's memory from any other database. */
const APPLICATION_ID = 0x44575749;
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE log (
    origin     TEXT PRIMARY KEY CHECK (origin <> ''),
    -- Whole signed note that was cosigned last, the cosignature with it; NULL before the first.
    checkpoint BLOB,
    -- Two notes of one size and different roots, both signed by the log: the first such pair that was seen.
    fork_older BLOB,
    fork_newer BLOB CHECK ((fork_older IS NULL) = (fork_newer IS NULL))
  ) STRICT;
  CREATE TABLE log_key (
    origin TEXT NOT NULL REFERENCES log (origin),
    vkey   TEXT NOT NULL,
    PRIMARY KEY (origin, vkey)
  ) STRICT;
`;

export interface RememberedLog {
  readonly origin: string;
  /** Verifier keys as text; a checkpoint needs the signature of one. */
  readonly keys: readonly string[];
  readonly checkpoint: Uint8Array | null;
  readonly fork: { readonly older: Uint8Array; readonly newer: Uint8Array } | null;
}

interface LogRow {
  readonly origin: string;
  readonly checkpoint: Uint8Array | null;
  readonly fork_older: Uint8Array | null;
  readonly fork_newer: Uint8Array | null;
}

/**
 * What a witness must not forget: which logs it follows and the last checkpoint of each that it cosigned. Each change is on the disk
 * when its call returns. Several processes may have it open: a change is made only to what it was decided on.
 */
export class WitnessMemory {
  readonly #db: Database.Database;
  readonly #path: string;

  private constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** @throws {@link WitnessError} `witness/damaged`, `witness/newer`, `witness/write-failed`. */
  static open(path: string): WitnessMemory {
    let db: Database.Database | undefined;
    try {
      db = new Database(path, { timeout: 5000 });
      const version = Number(db.pragma("user_version", { simple: true }));
      const owner = Number(db.pragma("application_id", { simple: true }));
      if (version > VERSION) throw new WitnessError("witness/newer", `${path} has version ${version}`);
      if (version > 0 && owner !== APPLICATION_ID)
        throw new WitnessError("witness/damaged", `${path} is not a witness's`);
      db.pragma("journal_mode = WAL");
      db.pragma("synchronous = FULL");
      db.pragma("foreign_keys = ON");
      prepare(db);
      const verdict: unknown = db.pragma("quick_check(1)", { simple: true });
      if (verdict !== "ok") throw new WitnessError("witness/damaged", `${path} is damaged: ${String(verdict)}`);
      return new WitnessMemory(db, path);
    } catch (error) {
      db?.close();
      throw asWitnessError(error, path);
    }
  }

  close(): void {
    this.#db.close();
  }

  logs(): RememberedLog[] {
    return this.#reading(() => {
      const rows = this.#db.prepare<[], LogRow>("SELECT * FROM log ORDER BY origin").all();
      return rows.map((row) => this.#remembered(row));
    });
  }

  log(origin: string): RememberedLog | null {
    return this.#reading(() => {
      const row = this.#db.prepare<[string], LogRow>("SELECT * FROM log WHERE origin = ?").get(origin);
      return row === undefined ? null : this.#remembered(row);
    });
  }

  follow(origin: string, vkey: string): void {
    this.#writing(() => {
      this.#db.prepare("INSERT OR IGNORE INTO log (origin) VALUES (?)").run(origin);
      this.#db.prepare("INSERT OR IGNORE INTO log_key (origin, vkey) VALUES (?, ?)").run(origin, vkey);
    });
  }

  /** Puts a checkpoint in the place of exactly the one that the decision was made on; false when another came between. */
  replace(origin: string, expected: Uint8Array | null, checkpoint: Uint8Array): boolean {
    return this.#writing(
      () =>
        this.#db
          .prepare("UPDATE log SET checkpoint = ? WHERE origin = ? AND checkpoint IS ?")
          .run(checkpoint, origin, expected).changes === 1,
    );
  }

  keepFork(origin: string, older: Uint8Array, newer: Uint8Array): void {
    this.#writing(() => {
      this.#db
        .prepare("UPDATE log SET fork_older = ?, fork_newer = ? WHERE origin = ? AND fork_older IS NULL")
        .run(older, newer, origin);
    });
  }

  #remembered({ origin, checkpoint, fork_older: older, fork_newer: newer }: LogRow): RememberedLog {
    const keys = this.#db
      .prepare<[string], string>("SELECT vkey FROM log_key WHERE origin = ? ORDER BY vkey")
      .pluck()
      .all(origin);
    return { origin, keys, checkpoint, fork: older === null || newer === null ? null : { older, newer } };
  }

  #writing<T>(write: () => T): T {
    return this.#reading(() => this.#db.transaction(write).immediate());
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw asWitnessError(error, this.#path);
    }
  }
}

function prepare(db: Database.Database): void {
  const step = db.transaction(() => {
    if (Number(db.pragma("user_version", { simple: true })) === VERSION) return; // another process was first
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${VERSION}`);
  });
  step.immediate();
}

function asWitnessError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const cannotWrite = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN)/.test(error.code);
  const code = cannotWrite ? "witness/write-failed" : "witness/damaged";
  return new WitnessError(code, `${path}: ${error.message}`, { cause: error });
}

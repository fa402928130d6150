import Database from "better-sqlite3";
import { makeDurable, readSqliteHeader } from "../platform/sqlite-file.ts";
import { VaultError } from "./errors.ts";
import { catalogMigrations } from "./schema.ts";

/** "DWCA": tells a catalog of any version from bytes that only look like a database. */
const APPLICATION_ID = 0x44574341;

/**
 * Opens `catalog.db` for this process alone and brings it to the newest version.
 * @throws {@link VaultError} `vault/newer-catalog` and `vault/in-use` before anything is touched; `vault/catalog-damaged`.
 */
export function openCatalogFile(path: string, migrations: readonly string[] = catalogMigrations): Database.Database {
  refuseUnreadable(path, migrations.length);
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: 200 });
    db.pragma("locking_mode = EXCLUSIVE"); // before the first read: no shared-memory file, and a second process is refused
    const verdict = makeDurable(db);
    refuseNewer(path, Number(db.pragma("user_version", { simple: true })), migrations.length);
    if (verdict !== "ok") throw new VaultError("vault/catalog-damaged", `${path} is damaged: ${verdict}`);
    migrate(db, migrations);
    return db;
  } catch (error) {
    db?.close();
    throw asVaultError(error, path);
  }
}

function refuseUnreadable(path: string, newest: number): void {
  const header = readSqliteHeader(path);
  if (header === null) return;
  if (header === "not-a-database") throw new VaultError("vault/catalog-damaged", `${path} is not a database`);
  if (!header.isUnfinished && header.applicationId !== APPLICATION_ID) {
    throw new VaultError("vault/catalog-damaged", `${path} is not a catalog`);
  }
  refuseNewer(path, header.version, newest);
}

function refuseNewer(path: string, version: number, newest: number): void {
  if (version <= newest) return;
  throw new VaultError(
    "vault/newer-catalog",
    `${path} has version ${version}, this Doorward knows ${newest}: install the newer one; nothing was touched`,
  );
}

function migrate(db: Database.Database, migrations: readonly string[]): void {
  const from = Number(db.pragma("user_version", { simple: true }));
  if (from === migrations.length) return;
  const step = db.transaction(() => {
    for (const sql of migrations.slice(from)) db.exec(sql);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  });
  step.immediate();
  db.pragma("wal_checkpoint(TRUNCATE)"); // so that the header alone tells the version
}

/** SQLite's codes mapped once: who is asked to act differs. */
export function asVaultError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith("SQLITE_BUSY") || error.code.startsWith("SQLITE_LOCKED")) {
    return new VaultError("vault/in-use", `${path} is open in another process`, { cause: error });
  }
  if (error.code.startsWith("SQLITE_FULL")) return new VaultError("vault/full", "no space left", { cause: error });
  if (
    error.code.startsWith("SQLITE_IOERR") ||
    error.code.startsWith("SQLITE_READONLY") ||
    error.code.startsWith("SQLITE_CANTOPEN")
  ) {
    return new VaultError("vault/write-failed", `${path}: ${error.message}`, { cause: error });
  }
  return new VaultError("vault/catalog-damaged", `${path} is damaged: ${error.message}`, { cause: error });
}

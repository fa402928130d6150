import { closeSync, existsSync, openSync, readSync } from "node:fs";
import type Database from "better-sqlite3";

const HEADER_BYTES = 100;
const USER_VERSION_OFFSET = 60;
const APPLICATION_ID_OFFSET = 68;
const MAGIC = "SQLite format 3\0";

export interface SqliteHeader {
  readonly version: number;
  readonly applicationId: number;
  /** Made, but nothing was committed to it yet. */
  readonly isUnfinished: boolean;
}

/**
 * Reads a database's header without SQLite: opening one in WAL mode already writes beside it.
 * @returns Null where there is no file or an empty one, which is an empty database.
 */
export function readSqliteHeader(path: string): SqliteHeader | "not-a-database" | null {
  if (!existsSync(path)) return null;
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(path, "r");
  try {
    const bytes = readSync(fd, header, 0, HEADER_BYTES, 0);
    if (bytes === 0) return null;
    if (bytes < HEADER_BYTES || header.toString("latin1", 0, MAGIC.length) !== MAGIC) return "not-a-database";
  } finally {
    closeSync(fd);
  }
  const version = header.readUInt32BE(USER_VERSION_OFFSET);
  const applicationId = header.readUInt32BE(APPLICATION_ID_OFFSET);
  return { version, applicationId, isUnfinished: version === 0 && applicationId === 0 };
}

/**
 * A commit survives a power cut, and what is deleted is overwritten.
 * @returns SQLite's verdict on the whole file: `ok`, or what is wrong.
 */
export function makeDurable(db: Database.Database): string {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("secure_delete = ON");
  db.pragma("foreign_keys = ON");
  return String(db.pragma("quick_check(1)", { simple: true }));
}

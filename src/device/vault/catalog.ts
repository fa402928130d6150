import type Database from "better-sqlite3";
import type { LeafCounts } from "../../protocol/statements/manifest.ts";
import type { ClipRow, ClipState } from "./types.ts";

/** Where a fragment lies in its clip's file. */
export interface FragmentPlace {
  /** 1 to 4. */
  readonly lane: number;
  readonly index: number;
  /** Of the record: leaf data first, then ciphertext. */
  readonly offset: number;
  /** Of the ciphertext. */
  readonly length: number;
}

/** A clip's row with its number, which only this folder knows. */
export interface CatalogRow extends ClipRow {
  readonly number: number;
}

interface RawRow {
  number: number;
  id: Uint8Array;
  day: number;
  state: ClipState;
  pinned: number;
  bytes: number;
  video: number;
  audio: number;
  thumbnail: number;
  meta: number;
}

const noLeaves: LeafCounts = { video: 0, audio: 0, thumbnail: 0, meta: 0 };

/** Rows of the catalog database. Every change but `addFragments` is one transaction on disk when the call returns. */
export class Catalog {
  readonly #db: Database.Database;
  readonly #insertClip: Database.Statement;
  readonly #insertFragment: Database.Statement;
  readonly #place: Database.Statement;
  readonly #byId: Database.Statement;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#insertClip = db.prepare(
      "INSERT INTO clip (id, day, state, pinned, bytes, video, audio, thumbnail, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#insertFragment = db.prepare(
      `INSERT INTO fragment (clip, lane, "index", offset, length) VALUES (?, ?, ?, ?, ?)`,
    );
    this.#place = db.prepare(`SELECT offset, length FROM fragment WHERE clip = ? AND lane = ? AND "index" = ?`);
    this.#byId = db.prepare("SELECT * FROM clip WHERE id = ?");
  }

  transaction<T>(change: () => T): T {
    return this.#db.transaction(change).immediate();
  }

  addOpenClip(id: Uint8Array, day: number, headBytes: number): number {
    return this.transaction(() => {
      this.raiseLastDay(day);
      return this.#addClip(id, day, "open", false, headBytes, noLeaves);
    });
  }

  /** Adds a clip that is already closed, with all its fragments; several may share one transaction. */
  addClip(row: Omit<ClipRow, "pinned">, pinned: boolean, places: Iterable<FragmentPlace>): void {
    this.raiseLastDay(row.day);
    const number = this.#addClip(row.id, row.day, row.state, pinned, row.bytes, row.leaves);
    for (const place of places) this.#addFragment(number, place);
  }

  /**
   * For a clip that is open, and whose file is synced: the rows are committed and not synced, since the file tells the same
   * after a power cut. A sync here would hold up the process, and a ring with it, for as long as a slow card takes.
   */
  addFragments(number: number, places: readonly FragmentPlace[]): void {
    this.#db.pragma("synchronous = NORMAL");
    try {
      this.transaction(() => {
        for (const place of places) this.#addFragment(number, place);
      });
    } finally {
      this.#db.pragma("synchronous = FULL");
    }
  }

  /** Replaces what is known about a clip's file in one transaction; `places` undefined keeps the fragment rows. */
  settle(number: number, state: ClipState, bytes: number, leaves: LeafCounts, places?: readonly FragmentPlace[]): void {
    this.transaction(() => {
      this.#db
        .prepare("UPDATE clip SET state = ?, bytes = ?, video = ?, audio = ?, thumbnail = ?, meta = ? WHERE number = ?")
        .run(state, bytes, leaves.video, leaves.audio, leaves.thumbnail, leaves.meta, number);
      if (places === undefined) return;
      this.#db.prepare("DELETE FROM fragment WHERE clip = ?").run(number);
      for (const place of places) this.#addFragment(number, place);
    });
  }

  setPinned(number: number, pinned: boolean): void {
    this.#db.prepare("UPDATE clip SET pinned = ? WHERE number = ?").run(pinned ? 1 : 0, number);
  }

  /** Deletes rows and leaves no trace of them in the log file either. */
  remove(number: number): void {
    this.#db.prepare("DELETE FROM clip WHERE number = ?").run(number);
    this.checkpoint();
  }

  clear(): void {
    this.#db.exec("DELETE FROM fragment; DELETE FROM clip;");
  }

  find(id: Uint8Array): CatalogRow | null {
    const raw = this.#byId.get(id) as RawRow | undefined;
    return raw === undefined ? null : readRow(raw);
  }

  /** Newest first. */
  list(sinceDay: number, limit: number): CatalogRow[] {
    const rows = this.#db
      .prepare("SELECT * FROM clip WHERE day >= ? ORDER BY number DESC LIMIT ?")
      .all(sinceDay, limit);
    return (rows as RawRow[]).map(readRow);
  }

  /** Oldest first. */
  all(): CatalogRow[] {
    return (this.#db.prepare("SELECT * FROM clip ORDER BY number").all() as RawRow[]).map(readRow);
  }

  /** The oldest closed clip that may be erased without asking; with `beforeDay`, only one of an earlier day. */
  oldestErasable(beforeDay = Number.MAX_SAFE_INTEGER): CatalogRow | null {
    const raw = this.#db
      .prepare("SELECT * FROM clip WHERE state = 'sealed' AND pinned = 0 AND day < ? ORDER BY day, number LIMIT 1")
      .get(beforeDay) as RawRow | undefined;
    return raw === undefined ? null : readRow(raw);
  }

  place(number: number, lane: number, index: number): FragmentPlace | null {
    const found = this.#place.get(number, lane, index) as { offset: number; length: number } | undefined;
    return found === undefined ? null : { lane, index, ...found };
  }

  /** In file order. */
  places(number: number): FragmentPlace[] {
    return this.#db
      .prepare(`SELECT lane, "index", offset, length FROM fragment WHERE clip = ? ORDER BY offset`)
      .all(number) as FragmentPlace[];
  }

  lastDay(): number {
    return Number(this.#db.prepare("SELECT last_day FROM vault").pluck().get());
  }

  raiseLastDay(day: number): void {
    this.#db.prepare("UPDATE vault SET last_day = ? WHERE last_day < ?").run(day, day);
  }

  totals(): { clips: number; pinnedClips: number; bytes: number; pinnedBytes: number } {
    return this.#db
      .prepare(
        `SELECT count(*) AS clips, coalesce(sum(pinned), 0) AS pinnedClips,
                coalesce(sum(bytes), 0) AS bytes, coalesce(sum(bytes * pinned), 0) AS pinnedBytes FROM clip`,
      )
      .get() as { clips: number; pinnedClips: number; bytes: number; pinnedBytes: number };
  }

  checkpoint(): void {
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    if (!this.#db.open) return;
    this.checkpoint();
    this.#db.close();
  }

  #addClip(id: Uint8Array, day: number, state: ClipState, pinned: boolean, bytes: number, leaves: LeafCounts): number {
    const { lastInsertRowid } = this.#insertClip.run(
      id,
      day,
      state,
      pinned ? 1 : 0,
      bytes,
      leaves.video,
      leaves.audio,
      leaves.thumbnail,
      leaves.meta,
    );
    return Number(lastInsertRowid);
  }

  #addFragment(number: number, place: FragmentPlace): void {
    this.#insertFragment.run(number, place.lane, place.index, place.offset, place.length);
  }
}

function readRow(raw: RawRow): CatalogRow {
  return {
    number: raw.number,
    id: new Uint8Array(raw.id),
    day: raw.day,
    state: raw.state,
    pinned: raw.pinned === 1,
    bytes: raw.bytes,
    leaves: { video: raw.video, audio: raw.audio, thumbnail: raw.thumbnail, meta: raw.meta },
  };
}

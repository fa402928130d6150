import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { decodePending } from "../../src/device/consent/pending-file.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { boxKeyOfDay } from "../../src/owner/day-keys.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import { openAuditRow } from "../../src/protocol/audit-chain.ts";
import { toHex } from "../../src/protocol/bytes.ts";

/** What a device directory says of consents, tokens in hex. */
export interface ReleaseBook {
  /** Signed, accepted, and still in the undo window. */
  readonly pending: readonly string[];
  /** One entry per audit row of a release, so that a token may stand here twice. */
  readonly released: readonly string[];
  /** One entry per row of the outbox. */
  readonly outbox: readonly { readonly token: string; readonly state: string }[];
  /** Audit rows that the owner cannot open. */
  readonly unreadable: number;
}

/** Reads a directory that no daemon works on. */
export function readReleaseBook(deviceDir: string, owner: OwnerState): ReleaseBook {
  const pendingFile = join(deviceDir, "pending.bin");
  const pending = existsSync(pendingFile)
    ? decodePending(new Uint8Array(readFileSync(pendingFile)))
        .consents.filter(({ state }) => state === "accepted")
        .map(({ token }) => toHex(token))
    : [];
  const ledger = join(deviceDir, "ledger.db");
  if (!existsSync(ledger)) return { pending, released: [], outbox: [], unreadable: 0 };
  const db = new Database(ledger);
  try {
    const rows = table<{ sealed: Uint8Array }>(db, "audit", "SELECT sealed FROM audit ORDER BY sequence");
    const entries = rows.map(({ sealed }) =>
      openAuditRow(crypto, { sealed: new Uint8Array(sealed) }, (day) => boxKeyOfDay(crypto, owner.days, day)),
    );
    const outbox = table<{ token: Uint8Array; state: string }>(db, "outbox", "SELECT token, state FROM outbox");
    return {
      pending,
      released: entries.flatMap((entry) => (entry?.kind === "release" ? [toHex(entry.token)] : [])),
      outbox: outbox.map(({ token, state }) => ({ token: toHex(token), state })),
      unreadable: entries.filter((entry) => entry === null).length,
    };
  } finally {
    db.close();
  }
}

function table<Row>(db: Database.Database, name: string, query: string): Row[] {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name);
  return exists === undefined ? [] : (db.prepare(query).all() as Row[]);
}

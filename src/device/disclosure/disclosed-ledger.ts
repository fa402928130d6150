import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { keyId, readStatement, type Signer } from "../../protocol/envelope.ts";
import { type Consent, consentStatement } from "../../protocol/statements/consent.ts";
import { recipientCardStatement } from "../../protocol/statements/recipient-card.ts";
import { AuditLog } from "../audit/audit-log.ts";
import { openLedger } from "../audit/ledger.ts";
import { decodePending } from "../consent/pending-file.ts";
import { systemClock } from "../platform/clock.ts";
import { readFileIfThere } from "../platform/durable-file.ts";
import { Outbox } from "../publisher/outbox.ts";

const LEDGER_FILES = ["ledger.db", "ledger.db-wal"];
const MOST_ROWS = 1_000_000;

/** A share that has not ended: until then the card holds all that it takes to send it. */
export interface DisclosedShare {
  readonly token: string;
  readonly state: "waiting" | "undo-window" | "under-way";
  readonly clip: string;
  readonly lanes: Consent["lanes"];
  readonly basis: Consent["basis"];
  /** Digest of the request that is answered. */
  readonly request: string | null;
  readonly purpose: string;
  readonly recipientName: string;
  readonly inbox: string;
  /** Unix seconds. */
  readonly expires: number;
  /** Which owners signed, by what their signatures say of their keys. */
  readonly signers: readonly string[];
}

export interface DisclosedLedger {
  /** Rows of the audit log of each UTC day; what they say is sealed. */
  readonly auditDays: readonly { readonly day: number; readonly rows: number }[];
  readonly shares: readonly DisclosedShare[];
  /** Shares that have ended, of which only a random token and how it ended are left. */
  readonly ended: { readonly delivered: number; readonly revoked: number; readonly void: number };
  /** Tokens that were forbidden or undone and have not run out yet, with the second they do; 0: not known. */
  readonly forbidden: readonly { readonly token: string; readonly until: number }[];
}

/** @param signer - The device's own, which reading takes as a form. */
export async function discloseLedger(crypto: Crypto, dataDir: string, signer: Signer): Promise<DisclosedLedger> {
  const none: DisclosedLedger = {
    auditDays: [],
    shares: [],
    ended: { delivered: 0, revoked: 0, void: 0 },
    forbidden: [],
  };
  const written = existsSync(join(dataDir, "ledger.db")) ? await readCopy(crypto, dataDir, signer) : none;
  const pending = await readFileIfThere(join(dataDir, "pending.bin"));
  if (pending === undefined) return written;
  const { consents, revocations } = decodePending(pending);
  const waiting = consents.map(({ state, envelopes, card, purpose }) =>
    discloseShare(crypto, state === "waiting" ? "waiting" : "undo-window", { envelopes, card, purpose }),
  );
  const forbidden = revocations.map(({ token, until }) => ({ token: toHex(token), until }));
  return { ...written, shares: [...waiting, ...written.shares], forbidden };
}

/** Of a copy, since opening a database already writes beside it. */
async function readCopy(crypto: Crypto, dataDir: string, signer: Signer): Promise<DisclosedLedger> {
  const dir = await mkdtemp(join(tmpdir(), "doorward-disclose-"));
  try {
    for (const name of LEDGER_FILES) {
      if (existsSync(join(dataDir, name))) await copyFile(join(dataDir, name), join(dir, name));
    }
    const ledger = openLedger(join(dir, "ledger.db"), systemClock);
    try {
      const rows = new AuditLog(ledger, { crypto, clock: systemClock, signer }).rows(0, MOST_ROWS);
      const outbox = new Outbox(ledger, crypto);
      const states = outbox.states();
      const count = (state: string): number => states.filter((row) => row.state === state).length;
      return {
        auditDays: perDay(rows),
        shares: outbox.open().map((share) => discloseShare(crypto, "under-way", share)),
        ended: { delivered: count("delivered"), revoked: count("revoked"), void: count("void") },
        forbidden: [],
      };
    } finally {
      ledger.close();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function perDay(rows: readonly { readonly day: number }[]): { day: number; rows: number }[] {
  const counts = new Map<number, number>();
  for (const { day } of rows) counts.set(day, (counts.get(day) ?? 0) + 1);
  return [...counts].map(([day, count]) => ({ day, rows: count }));
}

function discloseShare(
  crypto: Crypto,
  state: DisclosedShare["state"],
  stored: { readonly envelopes: readonly Uint8Array[]; readonly card: Uint8Array; readonly purpose: string },
): DisclosedShare {
  const statements = stored.envelopes.map((envelope) => readStatement(crypto, consentStatement, envelope));
  const [first] = statements;
  if (first === undefined) throw new TypeError("stored consent without an envelope");
  const { token, clip, lanes, basis, request, expires } = first.payload;
  const { name, inbox } = readStatement(crypto, recipientCardStatement, stored.card).payload;
  return {
    token: toHex(token),
    state,
    clip: toHex(clip),
    lanes,
    basis,
    request: request === null ? null : toHex(request),
    purpose: stored.purpose,
    recipientName: name,
    inbox: inbox.url,
    expires,
    signers: statements.map(({ keyid }) => keyid),
  };
}

/** The name under which a signature says whose it is. */
export const signerName = (crypto: Crypto, publicKey: Uint8Array): string => keyId(crypto, publicKey);

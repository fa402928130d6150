import { concatBytes, readU32, u32 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { AcceptedConsent, AcceptedTokens, DeliveryState } from "../consent/ports.ts";

const STEPS = [
  `CREATE TABLE outbox (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     -- random id; a token is accepted once, so rows stay
     token BLOB NOT NULL UNIQUE CHECK (length(token) = 16),
     state TEXT NOT NULL CHECK (state IN ('open', 'delivered', 'revoked', 'void')),
     -- all below only while open: who gets what is nobody's business afterwards
     delivery BLOB CHECK (length(delivery) = 16),
     -- (length 4, envelope) for each signer
     envelopes BLOB,
     grant_bytes BLOB,
     card BLOB,
     facts BLOB,
     purpose TEXT,
     CHECK ((state = 'open') = (delivery IS NOT NULL AND envelopes IS NOT NULL AND grant_bytes IS NOT NULL
                               AND card IS NOT NULL AND purpose IS NOT NULL))
   )`,
];

const DELIVERY_BYTES = 16;

interface OpenRow {
  readonly token: Buffer;
  readonly envelopes: Buffer;
  readonly grant_bytes: Buffer;
  readonly card: Buffer;
  readonly facts: Buffer | null;
  readonly purpose: string;
}

/** Accepted tokens and the deliveries that are still to be done, in the ledger beside the audit chain. */
export class Outbox implements AcceptedTokens {
  readonly #ledger: Ledger;
  readonly #crypto: Pick<Crypto, "randomBytes">;

  constructor(ledger: Ledger, crypto: Pick<Crypto, "randomBytes">) {
    this.#ledger = ledger;
    this.#crypto = crypto;
    ledger.migrate("outbox", STEPS);
  }

  has(token: Uint8Array): boolean {
    return this.stateOf(token) !== null;
  }

  stateOf(token: Uint8Array): DeliveryState | null {
    const state = this.#ledger.db.prepare("SELECT state FROM outbox WHERE token = ?").pluck().get(token);
    return (state as DeliveryState | undefined) ?? null;
  }

  add({ token, envelopes, grant, card, facts, purpose }: AcceptedConsent): void {
    this.#ledger.db
      .prepare(
        `INSERT INTO outbox (token, state, delivery, envelopes, grant_bytes, card, facts, purpose)
         VALUES (?, 'open', ?, ?, ?, ?, ?, ?)`,
      )
      .run(token, this.#crypto.randomBytes(DELIVERY_BYTES), joinParts(envelopes), grant, card, facts, purpose);
  }

  open(): readonly AcceptedConsent[] {
    const rows = this.#ledger.db
      .prepare<[], OpenRow>(
        "SELECT token, envelopes, grant_bytes, card, facts, purpose FROM outbox WHERE state = 'open' ORDER BY sequence",
      )
      .all();
    return rows.map(({ token, envelopes, grant_bytes, card, facts, purpose }) => ({
      token: bytesOf(token),
      envelopes: splitParts(bytesOf(envelopes)),
      grant: bytesOf(grant_bytes),
      card: bytesOf(card),
      facts: facts === null ? null : bytesOf(facts),
      purpose,
    }));
  }

  /** Id under which the recipient takes this share, once; null unless open. */
  deliveryOf(token: Uint8Array): Uint8Array | null {
    const row = this.#ledger.db
      .prepare<[Uint8Array], Buffer>("SELECT delivery FROM outbox WHERE token = ? AND state = 'open'")
      .pluck()
      .get(token);
    return row === undefined ? null : bytesOf(row);
  }

  end(token: Uint8Array, state: "delivered" | "revoked" | "void"): boolean {
    const { db } = this.#ledger;
    return this.#ledger.transaction(() => {
      const { changes } = db
        .prepare(
          `UPDATE outbox SET state = ?, delivery = NULL, envelopes = NULL, grant_bytes = NULL, card = NULL, facts = NULL,
                  purpose = NULL
           WHERE token = ? AND state = 'open'`,
        )
        .run(state, token);
      return changes > 0;
    });
  }

  states(): readonly { readonly token: Uint8Array; readonly state: DeliveryState }[] {
    const rows = this.#ledger.db
      .prepare<[], { token: Buffer; state: DeliveryState }>("SELECT token, state FROM outbox ORDER BY sequence")
      .all();
    return rows.map(({ token, state }) => ({ token: bytesOf(token), state }));
  }
}

/** Plain arrays, because a Buffer compares and prints unlike one. */
const bytesOf = (buffer: Buffer): Uint8Array => Uint8Array.from(buffer);

const joinParts = (parts: readonly Uint8Array[]): Uint8Array =>
  concatBytes(...parts.flatMap((part) => [u32(part.length), part]));

function splitParts(joined: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < joined.length; ) {
    const end = at + 4 + readU32(joined, at);
    parts.push(joined.slice(at + 4, end));
    at = end;
  }
  return parts;
}

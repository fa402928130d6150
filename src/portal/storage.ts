import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { InboxStorage } from "../recipient/recipient-ports.ts";

/** The recipient's card and keys. */
export interface StoredCard {
  readonly envelope: Uint8Array;
  /** As encodeSecrets writes them. */
  readonly secrets: string;
}

export interface StoredShare {
  readonly delivery: string;
  readonly receivedMs: number;
  readonly bytes: Uint8Array;
}

interface PortalSchema extends DBSchema {
  card: { key: "mine"; value: StoredCard };
  /** By delivery and offset. */
  parts: { key: [string, number]; value: Uint8Array };
  shares: { key: string; value: StoredShare };
  receipts: { key: string; value: Uint8Array };
}

const STORES = ["card", "parts", "shares", "receipts"] as const;
const partsOf = (delivery: string, from = 0): IDBKeyRange =>
  IDBKeyRange.bound([delivery, from], [delivery, Number.MAX_SAFE_INTEGER]);

/** What the page keeps: card, shares under way and whole ones, and the receipts that it gave. */
export class PortalStorage implements InboxStorage {
  readonly #database: IDBPDatabase<PortalSchema>;

  private constructor(database: IDBPDatabase<PortalSchema>) {
    this.#database = database;
  }

  /** @throws DOMException where the browser keeps nothing. */
  static async open(): Promise<PortalStorage> {
    const database = await openDB<PortalSchema>("doorward-recipient", 1, {
      upgrade(made) {
        for (const store of STORES) made.createObjectStore(store);
      },
    });
    return new PortalStorage(database);
  }

  async card(): Promise<StoredCard | null> {
    return (await this.#database.get("card", "mine")) ?? null;
  }

  async saveCard(card: StoredCard): Promise<void> {
    await this.#database.put("card", card, "mine");
  }

  /** The card and everything that came for it. */
  async forget(): Promise<void> {
    const transaction = this.#database.transaction(STORES, "readwrite");
    await Promise.all(STORES.map((store) => transaction.objectStore(store).clear()));
    await transaction.done;
  }

  /** Newest first. */
  async shares(): Promise<StoredShare[]> {
    return (await this.#database.getAll("shares")).toSorted((a, b) => b.receivedMs - a.receivedMs);
  }

  async removeShare(delivery: string): Promise<void> {
    await this.#database.delete("shares", delivery);
  }

  async held(delivery: string): Promise<number> {
    const last = await this.#database.transaction("parts").store.openCursor(partsOf(delivery), "prev");
    return last === null ? 0 : last.key[1] + last.value.length;
  }

  async append(delivery: string, offset: number, bytes: Uint8Array): Promise<void> {
    const transaction = this.#database.transaction("parts", "readwrite", { durability: "strict" });
    await transaction.store.delete(partsOf(delivery, offset));
    await transaction.store.put(Uint8Array.from(bytes), [delivery, offset]);
    await transaction.done;
  }

  async *read(delivery: string): AsyncIterable<Uint8Array> {
    for (const part of await this.#database.getAll("parts", partsOf(delivery))) yield part;
  }

  async finish(delivery: string, receipt: Uint8Array): Promise<void> {
    const parts = await this.#database.getAll("parts", partsOf(delivery));
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    const transaction = this.#database.transaction(STORES, "readwrite", { durability: "strict" });
    await transaction.objectStore("shares").put({ delivery, receivedMs: Date.now(), bytes }, delivery);
    await transaction.objectStore("receipts").put(receipt, delivery);
    await transaction.objectStore("parts").delete(partsOf(delivery));
    await transaction.done;
  }

  async receiptOf(delivery: string): Promise<Uint8Array | null> {
    return (await this.#database.get("receipts", delivery)) ?? null;
  }

  async discard(delivery: string): Promise<void> {
    await this.#database.delete("parts", partsOf(delivery));
  }
}

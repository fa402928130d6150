import type { OwnerStorage } from "../../owner/owner-ports.ts";
import type { OwnerState } from "../../owner/owner-state.ts";
import type { AppDatabase } from "./database.ts";
import type { SealedBox } from "./sealed-box.ts";

const RECORD = "owner-state";

/** The owner library's state in this browser, sealed; several tabs may share it. */
export class BrowserOwnerStorage implements OwnerStorage {
  readonly #database: AppDatabase;
  readonly #box: SealedBox;

  constructor(database: AppDatabase, box: SealedBox) {
    this.#database = database;
    this.#box = box;
  }

  async load(): Promise<OwnerState | null> {
    const stored = await this.#database.get("owner", "state");
    return stored === undefined ? null : this.#box.openJson<OwnerState>(RECORD, stored.sealed);
  }

  async compareAndSave(next: OwnerState, expectedRevision: number): Promise<boolean> {
    // Sealed first: a transaction ends by itself as soon as it waits for anything but the database.
    const sealed = await this.#box.sealJson(RECORD, next);
    const transaction = this.#database.transaction("owner", "readwrite", { durability: "strict" });
    const stored = await transaction.store.get("state");
    const isExpected = (stored?.revision ?? 0) === expectedRevision;
    if (isExpected) await transaction.store.put({ revision: next.revision, sealed }, "state");
    await transaction.done;
    return isExpected;
  }
}

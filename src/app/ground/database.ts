import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** Ciphertext of one record; see sealed-box.ts. */
export interface Sealed {
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly bytes: ArrayBuffer;
}

export type StoredIdentity =
  | { readonly kind: "engine"; readonly publicKey: Uint8Array; readonly pair: CryptoKeyPair }
  | { readonly kind: "software"; readonly publicKey: Uint8Array; readonly seed: Sealed };

export interface AppSchema extends DBSchema {
  /** Keys that the engine holds: `storage` seals everything else, `identity` signs. */
  keys: { key: "storage" | "identity"; value: CryptoKey | StoredIdentity };
  /** The owner library's state; `revision` is in the clear, for compare-and-save. */
  owner: { key: "state"; value: { readonly revision: number; readonly sealed: Sealed } };
  /** Sealed records of this app's own, by name. */
  records: { key: string; value: Sealed };
  /** Index of clips, one sealed record per UTC day. */
  days: { key: number; value: Sealed };
  /** Sealed stills by clip id in hex; the day is clear, as it is on the doorbell's card. */
  stills: { key: string; value: { readonly day: number; readonly sealed: Sealed } };
}

export type AppDatabase = IDBPDatabase<AppSchema>;

const NAME = "doorward";
const VERSION = 1;

/**
 * Why the database is no longer there: another tab holds a newer app, another tab forgot the doorbell, or the browser
 * closed it.
 */
export type Gone = "updated" | "forgotten" | "closed";

/** @throws DOMException where the browser keeps no data, as in some private windows. */
export function openDatabase(onGone: (why: Gone) => void): Promise<AppDatabase> {
  return openDB<AppSchema>(NAME, VERSION, {
    upgrade(database) {
      for (const store of ["keys", "owner", "records", "days", "stills"] as const) database.createObjectStore(store);
    },
    blocking(_current, wanted, event) {
      (event.target as IDBDatabase).close();
      onGone(wanted === null ? "forgotten" : "updated");
    },
    terminated: () => onGone("closed"),
  });
}

/** Everything that this app ever kept here. */
export async function eraseDatabase(database: AppDatabase): Promise<void> {
  database.close();
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.addEventListener("success", () => resolve());
    request.addEventListener("error", () => reject(request.error ?? new Error("the app's data was not deleted")));
  });
}

import { OwnerStore } from "../../owner/owner-store.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { portableCrypto } from "../../protocol/portable-crypto.ts";
import { type AppDatabase, type Gone, openDatabase } from "./database.ts";
import { type Identity, loadIdentity } from "./identity.ts";
import { BrowserOwnerStorage } from "./owner-storage.ts";
import { SealedBox } from "./sealed-box.ts";

/** What the browser gives this app to stand on. */
export interface Ground {
  readonly crypto: Crypto;
  readonly database: AppDatabase;
  readonly box: SealedBox;
  readonly store: OwnerStore;
  readonly identity: Identity;
}

export type GroundProblem =
  /** Not HTTPS and not this machine: the browser withholds its cryptography. */
  | "insecure"
  /** A private window, or data that cannot be opened. */
  | "no-storage";

export class NoGround extends Error {
  override readonly name = "NoGround";
  readonly problem: GroundProblem;
  constructor(problem: GroundProblem, options?: ErrorOptions) {
    super(`this browser gives no ground: ${problem}`, options);
    this.problem = problem;
  }
}

/** @throws NoGround. */
export async function openGround(onGone: (why: Gone) => void): Promise<Ground> {
  if (!isSecureContext || crypto.subtle === undefined) throw new NoGround("insecure");
  try {
    const database = await openDatabase(onGone);
    const box = await SealedBox.of(database);
    const store = new OwnerStore(new BrowserOwnerStorage(database, box));
    const identity = await loadIdentity(portableCrypto, database, box);
    return { crypto: portableCrypto, database, box, store, identity };
  } catch (cause) {
    throw new NoGround("no-storage", { cause });
  }
}

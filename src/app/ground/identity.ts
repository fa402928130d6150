import type { Crypto } from "../../protocol/crypto.ts";
import { type Signer, seedSigner } from "../../protocol/envelope.ts";
import type { AppDatabase, StoredIdentity } from "./database.ts";
import { plainView, type SealedBox } from "./sealed-box.ts";

export interface Identity {
  readonly signer: Signer;
  /** `engine`: nobody, this app included, can read the key. `software`: it lies sealed in the app's storage. */
  readonly kind: StoredIdentity["kind"];
}

const RECORD = "identity-seed";
const SEED_BYTES = 32;
const ENGINE_TRIES = 4;

/** This phone's signing key; made when there is none. */
export async function loadIdentity(library: Crypto, database: AppDatabase, box: SealedBox): Promise<Identity> {
  const known = await database.get("keys", "identity");
  if (known !== undefined && !(known instanceof CryptoKey)) return openIdentity(library, box, known);
  const made = (await engineIdentity()) ?? (await softwareIdentity(library, box));
  const transaction = database.transaction("keys", "readwrite", { durability: "strict" });
  const meanwhile = await transaction.store.get("identity");
  if (meanwhile === undefined) await transaction.store.put(made, "identity");
  await transaction.done;
  const kept = meanwhile !== undefined && !(meanwhile instanceof CryptoKey) ? meanwhile : made;
  return openIdentity(library, box, kept);
}

async function engineIdentity(triesLeft = ENGINE_TRIES): Promise<StoredIdentity | null> {
  try {
    const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { kind: "engine", publicKey, pair };
  } catch (error) {
    // WebKitGTK fails at about one key in a hundred, and at the next no more.
    const isChance = error instanceof DOMException && error.name === "OperationError" && triesLeft > 1;
    if (isChance) return engineIdentity(triesLeft - 1);
    if (error instanceof DOMException) return null; // an engine without Ed25519
    throw error;
  }
}

async function softwareIdentity(library: Crypto, box: SealedBox): Promise<StoredIdentity> {
  const seed = library.randomBytes(SEED_BYTES);
  const { publicKey } = library.signingKeyFromSeed(seed);
  const sealed = await box.seal(RECORD, seed);
  seed.fill(0);
  return { kind: "software", publicKey, seed: sealed };
}

async function openIdentity(library: Crypto, box: SealedBox, stored: StoredIdentity): Promise<Identity> {
  if (stored.kind === "software") {
    return { kind: "software", signer: seedSigner(library, await box.open(RECORD, stored.seed)) };
  }
  const sign = async (message: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", stored.pair.privateKey, plainView(message)));
  return { kind: "engine", signer: { publicKey: stored.publicKey, sign } };
}

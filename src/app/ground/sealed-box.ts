import type { AppDatabase, Sealed } from "./database.ts";

const IV_BYTES = 12;

/** WebCrypto takes no views of shared memory; none of ours are. */
export const plainView = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

/** Seals records under a key that the engine never gives out: a copy of the profile alone does not open them. */
export class SealedBox {
  readonly #key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** With the key that is there, or a new one. @throws DOMException. */
  static async of(database: AppDatabase): Promise<SealedBox> {
    const known = await database.get("keys", "storage");
    if (known instanceof CryptoKey) return new SealedBox(known);
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const transaction = database.transaction("keys", "readwrite");
    const meanwhile = await transaction.store.get("storage"); // another tab may have been faster
    if (meanwhile === undefined) await transaction.store.put(made, "storage");
    await transaction.done;
    return new SealedBox(meanwhile instanceof CryptoKey ? meanwhile : made);
  }

  /** @param name - What the record is; it opens under no other name. */
  async seal(name: string, plain: Uint8Array): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    return { iv, bytes: await crypto.subtle.encrypt(parameters(name, iv), this.#key, plainView(plain)) };
  }

  /** @throws DOMException `OperationError` for a record that was changed or belongs to another place. */
  async open(name: string, { iv, bytes }: Sealed): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.decrypt(parameters(name, iv), this.#key, bytes));
  }

  sealJson(name: string, value: unknown): Promise<Sealed> {
    return this.seal(name, new TextEncoder().encode(JSON.stringify(value)));
  }

  async openJson<T>(name: string, sealed: Sealed): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.open(name, sealed))) as T;
  }
}

function parameters(name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`doorward/app/${name}`) };
}

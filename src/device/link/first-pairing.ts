import { unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Crypto } from "../../protocol/crypto.ts";
import { PAIRING_SECRET_BYTES } from "../../protocol/pairing-handshake.ts";
import { readFileIfThere, syncDirectory, writeFileDurably } from "../platform/durable-file.ts";

/**
 * The secret in the code of a doorbell that nobody has paired with. It is kept, so that a code that was read from the card
 * is still good once the doorbell runs again; each window ends as any other, and the first pairing and a reset end the secret.
 */
export class FirstPairing {
  readonly #crypto: Pick<Crypto, "randomBytes">;
  readonly #path: string;

  constructor(crypto: Pick<Crypto, "randomBytes">, path: string) {
    this.#crypto = crypto;
    this.#path = path;
  }

  /** @returns A copy, for the window to wipe. */
  async secret(): Promise<Uint8Array> {
    const kept = await readFileIfThere(this.#path);
    if (kept?.length === PAIRING_SECRET_BYTES) return kept;
    const made = this.#crypto.randomBytes(PAIRING_SECRET_BYTES);
    await writeFileDurably(this.#path, made);
    return made;
  }

  async forget(): Promise<void> {
    try {
      await unlink(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    await syncDirectory(dirname(this.#path));
  }
}

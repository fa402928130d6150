import { createReadStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfThere, syncDirectory } from "../device/platform/durable-file.ts";
import type { InboxStorage } from "../recipient/recipient-ports.ts";
import { makePrivateDir, writePrivateFile } from "./private-dir.ts";

/** A delivery id becomes a file name, so it may be nothing but hex. */
const DELIVERY = /^[0-9a-f]{32}$/;

/**
 * Shares under way in `incoming/`, whole ones in `shares/`. The receipt of each stays in `receipts/` when the share is
 * moved away, so that no delivery is taken twice.
 */
export class InboxFileStorage implements InboxStorage {
  readonly #home: string;
  constructor(home: string) {
    this.#home = home;
  }

  async prepare(): Promise<void> {
    for (const name of ["incoming", "shares", "receipts"]) await makePrivateDir(join(this.#home, name));
  }

  sharePath(delivery: string): string {
    return this.#path("shares", `${delivery}.tar`, delivery);
  }

  async held(delivery: string): Promise<number> {
    return (await sizeOf(this.#part(delivery))) ?? 0;
  }

  async append(delivery: string, offset: number, bytes: Uint8Array): Promise<void> {
    const file = await open(this.#part(delivery), "a", 0o600);
    try {
      // a crash may have left more than was acknowledged; the device sends that piece again
      await file.truncate(offset);
      await file.appendFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    if (offset === 0) await syncDirectory(join(this.#home, "incoming"));
  }

  async *read(delivery: string): AsyncIterable<Uint8Array> {
    if ((await this.held(delivery)) === 0) return;
    for await (const chunk of createReadStream(this.#part(delivery))) yield chunk as Uint8Array;
  }

  async finish(delivery: string, receipt: Uint8Array): Promise<void> {
    await writePrivateFile(this.#receipt(delivery), receipt);
    await rename(this.#part(delivery), this.sharePath(delivery));
    for (const folder of ["incoming", "shares"]) await syncDirectory(join(this.#home, folder));
  }

  async receiptOf(delivery: string): Promise<Uint8Array | null> {
    // a part beside its receipt: a crash came between the two steps of finish()
    if ((await sizeOf(this.#part(delivery))) !== undefined) return null;
    return (await readFileIfThere(this.#receipt(delivery))) ?? null;
  }

  async discard(delivery: string): Promise<void> {
    await rm(this.#part(delivery), { force: true });
  }

  #part(delivery: string): string {
    return this.#path("incoming", `${delivery}.part`, delivery);
  }

  #receipt(delivery: string): string {
    return this.#path("receipts", delivery, delivery);
  }

  #path(folder: string, name: string, delivery: string): string {
    if (!DELIVERY.test(delivery)) throw new Error("a delivery id is 32 hex digits");
    return join(this.#home, folder, name);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

import { rm, stat } from "node:fs/promises";
import { toHex } from "../../protocol/bytes.ts";
import { writeFileDurably } from "../platform/durable-file.ts";
import type { Log } from "../platform/logger.ts";

import type { Catalog, CatalogRow } from "./catalog.ts";
import { asVaultError } from "./catalog-file.ts";
import { VaultError } from "./errors.ts";
import type { VaultFolder } from "./folder.ts";

/** Enough to sign and index a clip on a card that is otherwise full. */
const BALLAST_BYTES = 262_144;

/**
 * Room on the card: the quota, and what to do when the card itself is full. The oldest clip that nobody pinned goes first;
 * a clip being recorded, a pinned one and a damaged one never go by themselves.
 */
export class Space {
  #quotaBytes: number;
  readonly #folder: VaultFolder;
  readonly #catalog: Catalog;
  readonly #log: Log;
  #usedBytes: number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(quotaBytes: number, folder: VaultFolder, catalog: Catalog, log: Log) {
    this.#quotaBytes = quotaBytes;
    this.#folder = folder;
    this.#catalog = catalog;
    this.#log = log;
    this.#usedBytes = catalog.totals().bytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  setQuota(bytes: number): void {
    this.#quotaBytes = bytes;
  }

  add(bytes: number): void {
    this.#usedBytes += bytes;
  }

  /** Erases old clips until so many bytes fit in the quota. @throws {@link VaultError} `vault/full`. */
  async makeRoom(bytes: number): Promise<void> {
    while (this.#usedBytes + bytes > this.#quotaBytes) {
      if (!(await this.eraseOldest())) {
        throw new VaultError(
          "vault/full",
          `quota of ${this.#quotaBytes} bytes is used up by clips that may not be erased`,
        );
      }
    }
  }

  /**
   * Runs a write again after each clip that had to go because the card was full.
   * @throws {@link VaultError} `vault/full` when nothing more may go, `vault/write-failed` for every other failure.
   */
  async withRoom<T>(write: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (cause) {
        const error = asWriteError(cause);
        if (error.code !== "vault/full" || !(await this.eraseOldest())) throw error;
      }
    }
  }

  /** As {@link withRoom}, for the few bytes that end a clip: gives up the ballast before it gives up. */
  async withLastRoom<T>(write: () => T | Promise<T>): Promise<T> {
    try {
      return await this.withRoom(write);
    } catch (error) {
      if (!(error instanceof VaultError) || error.code !== "vault/full") throw error;
      await rm(this.#folder.ballast, { force: true });
      return this.withRoom(write);
    }
  }

  /** Puts the ballast back when there is room again. */
  async fillBallast(): Promise<void> {
    const size = await stat(this.#folder.ballast).then(
      (found) => found.size,
      () => 0,
    );
    if (size === BALLAST_BYTES) return;
    await writeFileDurably(this.#folder.ballast, new Uint8Array(BALLAST_BYTES), { day: 0 }).catch(() =>
      rm(`${this.#folder.ballast}.tmp`, { force: true }),
    );
  }

  /** False when no clip may go; with `beforeDay`, only clips of earlier days may. */
  eraseOldest(beforeDay?: number): Promise<boolean> {
    return this.#inTurn(async () => {
      const row = this.#catalog.oldestErasable(beforeDay);
      if (row === null) return false;
      await this.#erase(row);
      const clip = toHex(row.id);
      // Room is made while somebody is being filmed: a journal on the card must not tell when that was.
      if (beforeDay === undefined) this.#log.debug("clip erased", { clip, reason: "space" });
      else this.#log.info("clip erased", { clip, reason: "retention" });
      return true;
    });
  }

  /** Erases one clip, whatever its state; false when it is gone already. */
  eraseClip(id: Uint8Array): Promise<boolean> {
    return this.#inTurn(async () => {
      const row = this.#catalog.find(id);
      if (row !== null) await this.#erase(row);
      return row !== null;
    });
  }

  /** File first: on a full card the row can only go once the file has made room. */
  async #erase(row: CatalogRow): Promise<void> {
    await this.#folder.beginErasing(row.id);
    await this.#folder.finishErasing(row.id);
    this.#usedBytes -= row.bytes;
    this.#catalog.remove(row.number);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

const NO_SPACE = new Set(["ENOSPC", "EDQUOT"]);

/** One error for whatever a write can fail with. */
function asWriteError(cause: unknown): VaultError {
  const error = asVaultError(cause, "catalog.db");
  if (error instanceof VaultError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return NO_SPACE.has(code ?? "")
    ? new VaultError("vault/full", "the card is full, and no clip may be erased", { cause })
    : new VaultError("vault/write-failed", `the card refused a write: ${message}`, { cause });
}

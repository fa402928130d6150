/**
 * Writes a register's log. The order makes a crash harmless: tiles, then the signed checkpoint, then the promise to whoever
 * submitted, then the published checkpoint. So the signed checkpoint never speaks of tiles that are not there, and a
 * restart goes on from it: the same tree, no second one of its size.
 */

import { join } from "node:path";
import { readFileIfThere, writeFileDurably } from "../device/platform/durable-file.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { openSignedCheckpoint, signCheckpoint } from "../protocol/tlog/checkpoint.ts";
import { LogError } from "../protocol/tlog/errors.ts";
import { GrowingTree } from "../protocol/tlog/growing-tree.ts";
import { consistencyProof } from "../protocol/tlog/proofs.ts";
import { CHECKPOINT_PATH, TILE_WIDTH } from "../protocol/tlog/tiles.ts";
import { TreeReader } from "../protocol/tlog/tree-reader.ts";
import { RegisterError } from "./errors.ts";
import { LogFolder } from "./log-folder.ts";
import type { RegisterIdentity } from "./register-folder.ts";

export const SIGNED_FILE = "signed-checkpoint";
const DRAFTS = "drafts";

export class LogWriter {
  readonly #crypto: Crypto;
  readonly #identity: RegisterIdentity;
  readonly #dir: string;
  readonly #folder: LogFolder;
  #tree: GrowingTree;
  #signed: Uint8Array | null;
  #published: Uint8Array | null;

  private constructor(
    crypto: Crypto,
    identity: RegisterIdentity,
    dir: string,
    folder: LogFolder,
    at: { readonly tree: GrowingTree; readonly signed: Uint8Array | null; readonly published: Uint8Array | null },
  ) {
    this.#crypto = crypto;
    this.#identity = identity;
    this.#dir = dir;
    this.#folder = folder;
    this.#tree = at.tree;
    this.#signed = at.signed;
    this.#published = at.published;
  }

  /**
   * Goes on from the signed checkpoint. Only one process may.
   * @throws {@link RegisterError} `register/damaged`.
   */
  static async open(crypto: Crypto, identity: RegisterIdentity, dir: string, publicDir: string): Promise<LogWriter> {
    const folder = new LogFolder(publicDir, join(dir, DRAFTS));
    try {
      await folder.prepare();
      const signed = (await readFileIfThere(join(dir, SIGNED_FILE))) ?? null;
      const published = await folder.source.get(CHECKPOINT_PATH);
      if (signed === null && published !== null) {
        throw new LogError("log/missing", `${SIGNED_FILE} is not there, though a checkpoint was published`);
      }
      const head = signed === null ? null : open(crypto, identity, signed);
      const shown = published === null ? null : open(crypto, identity, published);
      if (head !== null && shown !== null && shown.size > head.size) {
        throw new LogError("log/damaged", `${shown.size} entries are published and ${head.size} signed`);
      }
      const tree = head === null ? GrowingTree.empty(crypto) : await GrowingTree.resume(crypto, folder.source, head);
      await folder.removeBeyond(tree.size);
      return new LogWriter(crypto, identity, dir, folder, { tree, signed, published });
    } catch (cause) {
      if (!(cause instanceof LogError)) throw cause;
      throw new RegisterError("register/damaged", cause.message, { cause });
    }
  }

  get size(): number {
    return this.#tree.size;
  }

  get folder(): LogFolder {
    return this.#folder;
  }

  /** The newest signed checkpoint, and what is published, which may lack behind as long as witnesses are asked. */
  get signed(): Uint8Array | null {
    return this.#signed;
  }

  get published(): Uint8Array | null {
    return this.#published;
  }

  /** Every entry in order, each proven to be under the signed root. @throws LogError. */
  async *entries(): AsyncGenerator<Uint8Array> {
    const reader = new TreeReader(this.#crypto, this.#folder.source, this.#tree);
    for (let index = 0; index * TILE_WIDTH < this.#tree.size; index += 1) {
      yield* await reader.openBundle(index, await reader.fetchBundle(index));
    }
  }

  /** Settles once the entries are in the log for good. After an error the log is as it was before. */
  async append(entries: readonly Uint8Array[]): Promise<void> {
    const { tree, files } = this.#tree.append(entries);
    await this.#folder.write(files);
    const { logKey, logSigner, settings } = this.#identity;
    const signed = await signCheckpoint({ origin: settings.name, size: tree.size, root: tree.root }, logKey, logSigner);
    await writeFileDurably(join(this.#dir, SIGNED_FILE), signed);
    this.#tree = tree;
    this.#signed = signed;
  }

  /** Shows a checkpoint that was signed here, with whatever cosignatures it got. */
  async publish(checkpoint: Uint8Array): Promise<void> {
    await this.#folder.write([{ path: CHECKPOINT_PATH, bytes: checkpoint }]);
    this.#published = checkpoint;
  }

  /** That the signed tree, which is remembered here, continues the one of an older size. */
  proofSource(): { readonly checkpoint: Uint8Array; proofFrom(oldSize: number): Promise<Uint8Array[]> } | null {
    const [tree, checkpoint] = [this.#tree, this.#signed];
    if (checkpoint === null) return null;
    const reader = new TreeReader(this.#crypto, this.#folder.source, tree);
    return {
      checkpoint,
      proofFrom: (oldSize) => (oldSize === 0 ? Promise.resolve([]) : consistencyProof(reader, oldSize, tree.size)),
    };
  }
}

function open(
  crypto: Crypto,
  { logKey, settings }: RegisterIdentity,
  bytes: Uint8Array,
): { readonly size: number; readonly root: Uint8Array } {
  return openSignedCheckpoint(crypto, { origin: settings.name, logKey }, bytes);
}

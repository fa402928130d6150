/** A register that puts anything into its log and signs it: what an auditor has to notice. */

import { utf8 } from "../../src/protocol/bytes.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import { type EntryKind, encodeLeaf } from "../../src/protocol/register/leaf.ts";
import { addSignatures, type LogPolicy, signCheckpoint } from "../../src/protocol/tlog/checkpoint.ts";
import { GrowingTree } from "../../src/protocol/tlog/growing-tree.ts";
import { cosignNote, parseNote, verifierKey } from "../../src/protocol/tlog/note.ts";
import { CHECKPOINT_PATH, type TileSource } from "../../src/protocol/tlog/tiles.ts";

export class DishonestRegister {
  readonly policy: LogPolicy;
  readonly leaves: Uint8Array[] = [];
  readonly #crypto: Crypto;
  readonly #name: string;

  constructor(crypto: Crypto, name: string) {
    this.#crypto = crypto;
    this.#name = name;
    const logKey = verifierKey(crypto, name, "ed25519", this.#signer("log").publicKey);
    const witness = verifierKey(crypto, "witness.example", "cosignature/v1", this.#signer("witness").publicKey);
    this.policy = { origin: name, logKey, witnesses: [witness], quorum: 0 };
  }

  /** Whatever it is, and whenever it says that it came. */
  put(kind: EntryKind, at: number, envelope: Uint8Array): this {
    this.leaves.push(encodeLeaf(kind, at, envelope));
    return this;
  }

  putBytes(leaf: Uint8Array): this {
    this.leaves.push(leaf);
    return this;
  }

  /** The log's files with these leaves. */
  async files(leaves: readonly Uint8Array[] = this.leaves): Promise<Map<string, Uint8Array>> {
    const { tree, files } = GrowingTree.empty(this.#crypto).append(leaves);
    const checkpoint = { origin: this.#name, size: tree.size, root: tree.root };
    const written = new Map(files.map(({ path, bytes }) => [path, bytes]));
    return written.set(CHECKPOINT_PATH, await signCheckpoint(checkpoint, this.policy.logKey, this.#signer("log")));
  }

  async checkpoint(leaves: readonly Uint8Array[] = this.leaves): Promise<Uint8Array> {
    return (await this.files(leaves)).get(CHECKPOINT_PATH) ?? new Uint8Array();
  }

  /** The checkpoint as an honest witness saw it at this time. */
  async cosigned(time: number, leaves: readonly Uint8Array[] = this.leaves): Promise<Uint8Array> {
    const checkpoint = await this.checkpoint(leaves);
    const [witness] = this.policy.witnesses;
    if (witness === undefined) throw new Error("no witness");
    return addSignatures(checkpoint, [
      await cosignNote(parseNote(checkpoint).text, witness, this.#signer("witness"), time),
    ]);
  }

  #signer(name: string) {
    return seedSigner(this.#crypto, this.#crypto.sha256(utf8(`dishonest ${name}`)));
  }
}

export const sourceOf = (files: ReadonlyMap<string, Uint8Array>): TileSource => ({
  get: (path) => Promise.resolve(files.get(path)?.slice() ?? null),
});

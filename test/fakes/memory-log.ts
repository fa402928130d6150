import type { Crypto } from "../../src/protocol/crypto.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import {
  addSignatures,
  type LogPolicy,
  parseCheckpointText,
  signCheckpoint,
} from "../../src/protocol/tlog/checkpoint.ts";
import { GrowingTree } from "../../src/protocol/tlog/growing-tree.ts";
import {
  cosignNote,
  parseNote,
  type SignatureType,
  type VerifierKey,
  verifierKey,
} from "../../src/protocol/tlog/note.ts";
import { CHECKPOINT_PATH, type TileSource } from "../../src/protocol/tlog/tiles.ts";

export interface TestKey {
  readonly key: VerifierKey;
  readonly signer: ReturnType<typeof seedSigner>;
}

export function testKey(crypto: Crypto, name: string, type: SignatureType, seed: number): TestKey {
  const signer = seedSigner(crypto, new Uint8Array(32).fill(seed));
  return { key: verifierKey(crypto, name, type, signer.publicKey), signer };
}

/** A log in memory with its witnesses' keys at hand: it can be honest, and it can be told to lie. */
export class MemoryLog implements TileSource {
  readonly #crypto: Crypto;
  readonly files = new Map<string, Uint8Array>();
  /** Every path that was asked for, in order. */
  readonly asked: string[] = [];
  readonly log: TestKey;
  readonly witnesses: readonly TestKey[];
  tree: GrowingTree;

  constructor(crypto: Crypto, options: { readonly origin?: string; readonly witnesses?: number } = {}) {
    this.#crypto = crypto;
    this.log = testKey(crypto, options.origin ?? "log.example/register", "ed25519", 1);
    this.witnesses = Array.from({ length: options.witnesses ?? 3 }, (_, i) =>
      testKey(crypto, `witness.example/w${i + 1}`, "cosignature/v1", 100 + i),
    );
    this.tree = GrowingTree.empty(crypto);
  }

  get policy(): LogPolicy {
    return {
      origin: this.log.key.name,
      logKey: this.log.key,
      witnesses: this.witnesses.map(({ key }) => key),
      quorum: Math.min(2, this.witnesses.length),
    };
  }

  get(path: string): Promise<Uint8Array | null> {
    this.asked.push(path);
    return Promise.resolve(this.files.get(path) ?? null);
  }

  grow(entries: readonly Uint8Array[]): void {
    const { tree, files } = this.tree.append(entries);
    for (const { path, bytes } of files) this.files.set(path, bytes);
    this.tree = tree;
  }

  /** Signs and cosigns the tree as it is, without asking whether it is one that should be. */
  async publish(time = 1_700_000_000, cosigners = this.witnesses): Promise<Uint8Array> {
    const { key, signer } = this.log;
    const bare = await signCheckpoint({ origin: key.name, size: this.tree.size, root: this.tree.root }, key, signer);
    const { text } = parseNote(bare);
    const lines = await Promise.all(cosigners.map((witness) => cosignNote(text, witness.key, witness.signer, time)));
    const signed = addSignatures(bare, lines);
    this.files.set(CHECKPOINT_PATH, signed);
    return signed;
  }

  seen(checkpoint: Uint8Array): { size: number; root: Uint8Array; checkpoint: Uint8Array } {
    const { size, root } = parseCheckpointText(parseNote(checkpoint).text);
    return { size, root, checkpoint };
  }

  /** The same log up to now, to go on in another way. */
  fork(): MemoryLog {
    const other = new MemoryLog(this.#crypto, { origin: this.log.key.name, witnesses: this.witnesses.length });
    for (const [path, bytes] of this.files) other.files.set(path, bytes);
    other.tree = this.tree;
    return other;
  }
}

/** Replays a register's log from its files alone and names everything that its rules, or those of any log, do not allow. */

import type { Crypto } from "../protocol/crypto.ts";
import { CodedError } from "../protocol/errors.ts";
import { type EntryKind, type Leaf, readLeaf } from "../protocol/register/leaf.ts";
import { RuleBook } from "../protocol/register/rule-book.ts";
import {
  type LogPolicy,
  type OpenCheckpoint,
  openCheckpoint,
  openSignedCheckpoint,
} from "../protocol/tlog/checkpoint.ts";
import { LogError } from "../protocol/tlog/errors.ts";
import { expectGrownFrom } from "../protocol/tlog/follow-log.ts";
import { checkNote } from "../protocol/tlog/note.ts";
import { CHECKPOINT_PATH, TILE_WIDTH, type TileSource } from "../protocol/tlog/tiles.ts";
import { getFrom, TreeReader } from "../protocol/tlog/tree-reader.ts";

export interface Violation {
  /** Place of the leaf in the log; null for the log as a whole. */
  readonly index: number | null;
  readonly code: string;
  readonly message: string;
}

export interface AuditReport {
  readonly size: number;
  /** Unix seconds of the last leaf; null where there is none. */
  readonly lastAt: number | null;
  readonly leaves: Readonly<Record<EntryKind, number>>;
  /** The first ones, {@link MAX_LISTED} at most. */
  readonly violations: readonly Violation[];
  readonly violationCount: number;
  /** Newest first-hand evidence of a fork, to be published. */
  readonly evidence: LogError["evidence"];
}

export interface AuditOptions {
  /** A checkpoint that somebody kept from before, as a whole note: the log has to have grown from it. */
  readonly since?: Uint8Array;
  readonly nowSeconds: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export const MAX_LISTED = 1_000;
/** Clocks of registers, witnesses and auditors may differ by this. */
const CLOCK_SECONDS = 300;

/** @throws {@link LogError} `log/unreachable`, `log/policy`, `log/missing` for a log without a checkpoint: nothing was audited. */
export async function auditRegister(
  crypto: Crypto,
  source: TileSource,
  policy: LogPolicy,
  options: AuditOptions,
): Promise<AuditReport> {
  return new Audit(crypto, source, policy, options).run();
}

class Audit {
  readonly #crypto: Crypto;
  readonly #source: TileSource;
  readonly #policy: LogPolicy;
  readonly #options: AuditOptions;
  readonly #violations: Violation[] = [];
  readonly #leaves: Record<EntryKind, number> = {
    register: 0,
    rules: 0,
    accreditation: 0,
    "accreditation-revocation": 0,
    request: 0,
    outcome: 0,
  };
  #count = 0;
  #lastAt: number | null = null;
  #evidence: LogError["evidence"] = null;

  constructor(crypto: Crypto, source: TileSource, policy: LogPolicy, options: AuditOptions) {
    this.#crypto = crypto;
    this.#source = source;
    this.#policy = policy;
    this.#options = options;
  }

  async run(): Promise<AuditReport> {
    const bytes = await getFrom(this.#source, CHECKPOINT_PATH);
    if (bytes === null) throw new LogError("log/missing", "there is no checkpoint");
    const checkpoint = this.#open(bytes);
    if (checkpoint === null) return this.#report(0);
    const tree = new TreeReader(this.#crypto, this.#source, checkpoint);
    const bounds = await this.#compare(checkpoint, tree);
    await this.#replay(checkpoint, tree, bounds);
    return this.#report(checkpoint.size);
  }

  #open(bytes: Uint8Array): OpenCheckpoint | null {
    try {
      return openCheckpoint(this.#crypto, this.#policy, bytes);
    } catch (error) {
      if (error instanceof LogError && error.code === "log/policy") throw error;
      this.#name(null, error);
      return null;
    }
  }

  /** With the checkpoint from before; what its witnesses said bounds the times of the leaves on either side of it. */
  async #compare(checkpoint: OpenCheckpoint, tree: TreeReader): Promise<Bounds> {
    const { since, nowSeconds } = this.#options;
    const latest = [nowSeconds, ...checkpoint.cosignatures.map(({ time }) => time)].reduce((a, b) => Math.min(a, b));
    if (since === undefined) return { size: 0, cosigned: null, latest };
    try {
      const { note, size, root } = openSignedCheckpoint(this.#crypto, this.#policy, since);
      await expectGrownFrom({ size, root, checkpoint: since }, checkpoint, tree);
      const times = this.#policy.witnesses.flatMap((witness) => {
        const said = checkNote(this.#crypto, note, witness);
        return said.verdict === "true" && said.time !== null ? [said.time] : [];
      });
      return { size, cosigned: times.length === 0 ? null : Math.min(...times), latest };
    } catch (error) {
      this.#name(null, error);
      return { size: 0, cosigned: null, latest };
    }
  }

  async #replay(checkpoint: OpenCheckpoint, tree: TreeReader, bounds: Bounds): Promise<void> {
    const book = new RuleBook(this.#crypto, this.#policy.origin);
    for (let bundle = 0; bundle * TILE_WIDTH < checkpoint.size; bundle += 1) {
      this.#options.signal?.throwIfAborted();
      const first = bundle * TILE_WIDTH;
      let entries: Uint8Array[];
      try {
        entries = await tree.openBundle(bundle, await tree.fetchBundle(bundle));
      } catch (error) {
        // What comes after rests on what cannot be read: it would all be called wrong.
        this.#name(first, error);
        return;
      }
      for (const [i, bytes] of entries.entries()) this.#follow(book, first + i, bytes, bounds);
      this.#options.onProgress?.(first + entries.length, checkpoint.size);
    }
  }

  #follow(book: RuleBook, index: number, bytes: Uint8Array, { size, cosigned, latest }: Bounds): void {
    let leaf: Leaf;
    try {
      leaf = readLeaf(this.#crypto, bytes);
    } catch (error) {
      this.#name(index, error);
      return;
    }
    const { at, entry } = leaf;
    this.#leaves[entry.kind] += 1;
    const verdict = book.follow(leaf, () => true);
    if (verdict.verdict === "refused") this.#add(index, verdict.code, verdict.message);
    const before = index < size && cosigned !== null ? Math.min(latest, cosigned) : latest;
    if (at > before + CLOCK_SECONDS) {
      this.#add(index, "register-leaf/future", `${at - before} s after the log with this leaf was seen`);
    }
    if (index >= size && cosigned !== null && at < cosigned - CLOCK_SECONDS) {
      this.#add(index, "register-leaf/back-dated", `${cosigned - at} s before the log without this leaf was seen`);
    }
    this.#lastAt = Math.max(at, this.#lastAt ?? at);
  }

  #name(index: number | null, error: unknown): void {
    if (!(error instanceof CodedError)) throw error;
    if (error instanceof LogError) {
      if (error.code === "log/unreachable") throw error;
      this.#evidence = error.evidence ?? this.#evidence;
    }
    this.#add(index, String(error.code), error.message);
  }

  #add(index: number | null, code: string, message: string): void {
    this.#count += 1;
    if (this.#violations.length < MAX_LISTED) this.#violations.push({ index, code, message });
  }

  #report(size: number): AuditReport {
    return {
      size,
      lastAt: this.#lastAt,
      leaves: this.#leaves,
      violations: this.#violations,
      violationCount: this.#count,
      evidence: this.#evidence,
    };
  }
}

interface Bounds {
  /** Entries of the earlier checkpoint. */
  readonly size: number;
  /** Unix seconds at which a witness first said so; null where none did. */
  readonly cosigned: number | null;
  /** No leaf can be later: now, or when a witness saw the newest checkpoint. */
  readonly latest: number;
}

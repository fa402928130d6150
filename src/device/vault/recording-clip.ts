import { truncate } from "node:fs/promises";
import { toHex, wipe } from "../../protocol/bytes.ts";
import { LANES, type Lane, type LaneRatchet } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { encodeLeaf, LEAF_BYTES, type SealedFragment, sealFragment } from "../../protocol/fragment.ts";
import type { LeafCounts, Manifest } from "../../protocol/statements/manifest.ts";
import type { AppendFile } from "../platform/durable-file.ts";
import type { Log } from "../platform/logger.ts";
import type { Catalog } from "./catalog.ts";
import { type Closing, closingRecords, signClosing } from "./closing.ts";
import { VaultError } from "./errors.ts";
import { stampDay } from "./folder.ts";
import { LeafSet } from "./leaf-set.ts";
import type { Space } from "./space.ts";
import type { ClosedClip, FragmentReceipt, OpenClip } from "./types.ts";

export interface RecordingPorts {
  readonly crypto: Crypto;
  readonly log: Log;
  readonly catalog: Catalog;
  readonly space: Space;
  readonly deviceSigningSeed: Uint8Array;
  /** Called once, when the clip takes no more fragments and its file is closed. */
  readonly onEnd: () => Promise<void>;
}

export interface RecordingStart {
  readonly id: Uint8Array;
  readonly day: number;
  readonly clock: Manifest["clock"];
  /** Number of its row in the catalog. */
  readonly number: number;
  readonly path: string;
  /** Opens the file for appending; it holds exactly the head at first. */
  readonly openFile: () => Promise<AppendFile>;
  readonly ratchets: ReadonlyMap<Lane, LaneRatchet>;
}

interface Waiting {
  readonly fragment: SealedFragment;
  readonly resolve: (receipt: FragmentReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Fragments sealed but not yet on disk; beyond it the card is too slow for the camera and the caller has not waited. */
const MAX_WAITING = 256;

/**
 * Seals at once, writes in order. Fragments that arrive while a write is under way share the next one, with one sync and
 * one catalog commit for all of them.
 */
export class RecordingClip implements OpenClip {
  readonly id: Uint8Array;
  readonly day: number;
  readonly #start: RecordingStart;
  readonly #ports: RecordingPorts;
  readonly #leaves = new LeafSet();
  readonly #file: AppendFile;
  #waiting: Waiting[] = [];
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #keptBytes: number;
  #failure: VaultError | null = null;
  #closing: Promise<ClosedClip> | null = null;

  private constructor(start: RecordingStart, ports: RecordingPorts, file: AppendFile) {
    this.id = start.id;
    this.day = start.day;
    this.#start = start;
    this.#ports = ports;
    this.#file = file;
    this.#keptBytes = file.size;
  }

  static async begin(start: RecordingStart, ports: RecordingPorts): Promise<RecordingClip> {
    return new RecordingClip(start, ports, await start.openFile());
  }

  append(lane: Lane, plain: Uint8Array): Promise<FragmentReceipt> {
    try {
      if (this.#failure !== null) throw this.#failure;
      if (this.#closing !== null) throw new VaultError("vault/closed", `clip ${toHex(this.id)} is closed`);
      if (this.#waiting.length >= MAX_WAITING)
        throw new VaultError("vault/write-failed", "the card is too slow for the camera");
      return this.#enqueue(this.#seal(lane, plain));
    } catch (error) {
      return Promise.reject(error);
    } finally {
      wipe(plain);
    }
  }

  close(closed: "full" | "cut", meta: Uint8Array): Promise<ClosedClip> {
    if (this.#closing !== null) {
      wipe(meta);
      return this.#closing;
    }
    const lastFragment = this.append(LANES.meta, meta).then(
      () => closed,
      () => "cut" as const,
    );
    this.#closing = lastFragment.then((state) => this.#end(state));
    return this.#closing;
  }

  /** Ends the clip as cut, without the rest of its meta: the daemon is going. */
  interrupt(): Promise<ClosedClip> {
    this.#closing ??= this.#end("cut");
    return this.#closing;
  }

  /** Length of the file up to the last acknowledged fragment. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  counts(): LeafCounts {
    return this.#leaves.counts();
  }

  #seal(lane: Lane, plain: Uint8Array): SealedFragment {
    const ratchet = this.#start.ratchets.get(lane);
    if (ratchet === undefined) throw new RangeError(`no lane ${lane}`);
    const { index, key } = ratchet.next();
    const fragment = sealFragment(this.#ports.crypto, this.id, lane, index, key, plain);
    wipe(key);
    return fragment;
  }

  #enqueue(fragment: SealedFragment): Promise<FragmentReceipt> {
    const kept = new Promise<FragmentReceipt>((resolve, reject) => {
      this.#waiting.push({ fragment, resolve, reject });
    });
    if (!this.#isWriting) {
      this.#isWriting = true;
      this.#writing = this.#drain();
    }
    return kept;
  }

  async #drain(): Promise<void> {
    for (;;) {
      await Promise.resolve(); // what is appended in the same breath shares a sync
      const batch = this.#waiting;
      this.#waiting = [];
      if (batch.length === 0) {
        this.#isWriting = false;
        return;
      }
      try {
        await this.#keep(batch.map(({ fragment }) => fragment));
      } catch (error) {
        this.#fail(error as VaultError, batch);
        return;
      }
      for (const { fragment, resolve } of batch)
        resolve({ lane: fragment.leaf.lane as Lane, index: fragment.leaf.index });
    }
  }

  /** The order that a power cut cannot break: bytes, sync, catalog row. */
  async #keep(fragments: readonly SealedFragment[]): Promise<void> {
    const { space, catalog } = this.#ports;
    const { number } = this.#start;
    const parts = fragments.flatMap(({ leaf, ciphertext }) => [encodeLeaf(leaf), ciphertext]);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    await space.makeRoom(bytes);
    await space.withRoom(() => this.#file.append(...parts));
    let offset = this.#keptBytes;
    const places = fragments.map(({ leaf }) => {
      const place = { lane: leaf.lane, index: leaf.index, offset, length: leaf.length };
      offset += LEAF_BYTES + leaf.length;
      return place;
    });
    await space.withRoom(() => catalog.addFragments(number, places));
    for (const { leaf } of fragments) this.#leaves.add(leaf);
    this.#keptBytes = offset;
    space.add(bytes);
  }

  /** Ends the clip with what is kept; whoever still waits learns why. */
  #fail(error: VaultError, batch: readonly Waiting[]): void {
    this.#failure = error;
    this.#ports.log.error("recording cut short", { clip: toHex(this.id), code: error.code, reason: error.message });
    this.#closing ??= this.#end("cut");
    this.#closing.catch(() => {}); // told by close(), or by the next start
    for (const { reject } of [...batch, ...this.#waiting]) reject(error);
    this.#waiting = [];
  }

  async #end(closed: "full" | "cut"): Promise<ClosedClip> {
    if (this.#failure === null) await this.#writing;
    for (const ratchet of this.#start.ratchets.values()) ratchet.wipe();
    try {
      const closing = await this.#sign(closed);
      this.#ports.log.debug("clip sealed", { clip: toHex(this.id), fragments: this.#leaves.size, closed });
      return { id: this.id, manifestEnvelope: closing.manifest, manifestDigest: closing.manifestDigest };
    } finally {
      await this.#ports.onEnd();
    }
  }

  async #sign(closed: "full" | "cut"): Promise<Closing> {
    const { crypto, deviceSigningSeed, space, catalog } = this.#ports;
    const { path, clock, number, day } = this.#start;
    const closing = await signClosing(crypto, deviceSigningSeed, this.id, this.#leaves, { closed, clock });
    const records = closingRecords(crypto, closing);
    const file = await this.#fileWithoutTail();
    try {
      await space.withLastRoom(() => file.append(records));
    } finally {
      await file.close();
      await stampDay(path, day);
    }
    space.add(records.length);
    await space.withLastRoom(() =>
      catalog.settle(number, "sealed", this.#keptBytes + records.length, this.#leaves.counts()),
    );
    return closing;
  }

  /** The file, without bytes whose catalog row could not be committed. */
  async #fileWithoutTail(): Promise<AppendFile> {
    if (this.#file.size === this.#keptBytes) return this.#file;
    await this.#file.close();
    await truncate(this.#start.path, this.#keptBytes);
    return this.#start.openFile();
  }
}

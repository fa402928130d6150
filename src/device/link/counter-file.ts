import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { concatBytes, equalBytes, readU64, toHex, u64 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Clock } from "../platform/clock.ts";
import { setDay, syncDirectory } from "../platform/durable-file.ts";

/** A slot never crosses a 512-byte sector, which a disk writes whole: link id 16 · send 8 · receive 8 · check 8 · zeros. */
const SLOT_BYTES = 64;
const LINK_ID_BYTES = 16;
const MAX_SLOTS = 256;
const DAY_MS = 86_400_000;

interface Slot {
  readonly index: number;
  readonly linkId: Uint8Array;
  /** Send counters below this may have been used. */
  sendReserved: number;
  /** Received counters below this are never accepted again. */
  nextReceived: number;
}

/**
 * The counters of every link in one small file, rewritten in place: a message costs one synced 64-byte write,
 * and messages that arrive meanwhile share the next one.
 */
export class CounterFile {
  readonly #crypto: Crypto;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #path: string;
  readonly #slots = new Map<string, Slot>();
  readonly #dirty = new Set<Slot>();
  #file: FileHandle | undefined;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(crypto: Crypto, clock: Pick<Clock, "nowMs">, path: string) {
    this.#crypto = crypto;
    this.#clock = clock;
    this.#path = path;
  }

  async open(): Promise<void> {
    this.#file = await openOrCreate(this.#path);
    const bytes = new Uint8Array(await this.#file.readFile());
    for (let index = 0; (index + 1) * SLOT_BYTES <= bytes.length && index < MAX_SLOTS; index += 1) {
      const slot = this.#decode(index, bytes.subarray(index * SLOT_BYTES, (index + 1) * SLOT_BYTES));
      if (slot !== undefined) this.#slots.set(toHex(slot.linkId), slot);
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    await this.#flush().catch(() => {});
    this.#file = undefined;
    await file?.close();
  }

  has(linkId: Uint8Array): boolean {
    return this.#slots.has(toHex(linkId));
  }

  /** Starts the counters of a new link; settles once they are on disk. */
  async add(linkId: Uint8Array): Promise<void> {
    const used = new Set([...this.#slots.values()].map(({ index }) => index));
    let index = 0;
    while (used.has(index)) index += 1;
    const slot: Slot = { index, linkId, sendReserved: 0, nextReceived: 0 };
    this.#slots.set(toHex(linkId), slot);
    await this.#save(slot);
  }

  /** Frees slots of links that are no more; their place is overwritten by the next link. */
  keepOnly(linkIds: readonly Uint8Array[]): void {
    const kept = new Set(linkIds.map(toHex));
    for (const id of this.#slots.keys()) if (!kept.has(id)) this.#slots.delete(id);
  }

  nextReceived(linkId: Uint8Array): number {
    return this.#slot(linkId).nextReceived;
  }

  /** Settles once a restart would refuse this counter. */
  async noteReceived(linkId: Uint8Array, counter: number): Promise<void> {
    const slot = this.#slot(linkId);
    slot.nextReceived = Math.max(slot.nextReceived, counter + 1);
    await this.#save(slot);
  }

  sendReserved(linkId: Uint8Array): number {
    return this.#slot(linkId).sendReserved;
  }

  /** Settles once a restart would give out no send counter below `upTo`. */
  async reserveBelow(linkId: Uint8Array, upTo: number): Promise<void> {
    const slot = this.#slot(linkId);
    slot.sendReserved = Math.max(slot.sendReserved, upTo);
    await this.#save(slot);
  }

  #slot(linkId: Uint8Array): Slot {
    const slot = this.#slots.get(toHex(linkId));
    if (slot === undefined) throw new RangeError("no counters for this link");
    return slot;
  }

  async #save(slot: Slot): Promise<void> {
    this.#dirty.add(slot);
    await this.#flush();
  }

  #flush(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#running = this.#writeDirty();
        return this.#running;
      });
    return this.#next;
  }

  async #writeDirty(): Promise<void> {
    if (this.#file === undefined || this.#dirty.size === 0) return;
    const slots = [...this.#dirty];
    this.#dirty.clear();
    for (const slot of slots) await this.#file.write(this.#encode(slot), 0, SLOT_BYTES, slot.index * SLOT_BYTES);
    await setDay(this.#file, Math.floor(this.#clock.nowMs() / DAY_MS));
    await this.#file.datasync();
  }

  #encode({ linkId, sendReserved, nextReceived }: Slot): Uint8Array {
    const content = concatBytes(linkId, u64(sendReserved), u64(nextReceived));
    const bytes = new Uint8Array(SLOT_BYTES);
    bytes.set(concatBytes(content, this.#check(content)));
    return bytes;
  }

  #decode(index: number, bytes: Uint8Array): Slot | undefined {
    const content = bytes.slice(0, LINK_ID_BYTES + 16);
    if (!equalBytes(this.#check(content), bytes.subarray(LINK_ID_BYTES + 16, LINK_ID_BYTES + 24))) return undefined;
    const sendReserved = readU64(content, LINK_ID_BYTES);
    return {
      index,
      linkId: content.slice(0, LINK_ID_BYTES),
      sendReserved,
      nextReceived: readU64(content, LINK_ID_BYTES + 8),
    };
  }

  #check(content: Uint8Array): Uint8Array {
    return this.#crypto.sha256(content).subarray(0, 8);
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r+");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const file = await open(path, "wx+", 0o600);
  await file.sync();
  await syncDirectory(dirname(path));
  return file;
}

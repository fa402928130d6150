import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Doorbell } from "../../owner/doorbell.ts";
import { toHex } from "../../protocol/bytes.ts";
import type { ClipIndexRow } from "../../protocol/link-ops.ts";
import { drawPicture } from "../ground/draw-picture.ts";
import type { Ground } from "../ground/ground.ts";
import { ClipCache } from "./clip-cache.ts";
import { byNewest, type ClipEntry, entryOfRow, readEntry, unreadable } from "./clip-entry.ts";
import { readClip } from "./clip-reading.ts";

const READ_AT_ONCE = 4;
const STILL_WIDTH = 320;
/** Entries that are shown and saved together while thousands are being read. */
const SAVE_EVERY = 24;

/** All clips that the doorbell keeps, with what each says of itself; the newest are read first. */
export class ClipIndex {
  readonly entries: ReadonlySignal<readonly ClipEntry[]>;
  /** How many clips are still to be looked into; null while nothing is known. */
  readonly unread: ReadonlySignal<number>;
  readonly loaded: Signal<boolean> = signal(false);
  /** The doorbell has told its list since it was last reached: what is not in it is gone. */
  readonly isCurrent: Signal<boolean> = signal(false);
  /** The browser has no room for the index: all works, but each start reads anew. */
  readonly storageFull: Signal<boolean> = signal(false);
  readonly #byId: Signal<ReadonlyMap<string, ClipEntry>> = signal(new Map());
  readonly #ground: Ground;
  readonly #cache: ClipCache;
  /** Stills of this page's life that found no room. */
  readonly #unsavedStills = new Map<string, Uint8Array>();
  #listing: Promise<unknown> = Promise.resolve();
  #reading: Promise<unknown> = Promise.resolve();

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#cache = new ClipCache(ground);
    this.entries = computed(() => [...this.#byId.value.values()].toSorted(byNewest));
    this.unread = computed(
      () => this.entries.value.filter(({ reading, state }) => reading === "unread" && state !== "open").length,
    );
  }

  /** What was known when the app was last open. */
  async load(): Promise<void> {
    const entries = await this.#cache.load();
    this.#byId.value = new Map(entries.map((entry) => [entry.id, entry]));
    this.loaded.value = true;
  }

  get(id: string): ClipEntry | undefined {
    return this.#byId.value.get(id);
  }

  /** JPEG, or null when there is none, it has not been read yet or cannot be drawn. To ask changes nothing that is kept. */
  async still(id: string): Promise<Uint8Array | null> {
    const kept = this.#unsavedStills.get(id) ?? (await this.#cache.still(id));
    return kept && (await drawPicture(kept, STILL_WIDTH));
  }

  /**
   * Brings the list up to what the doorbell has; one after another, however often it is called. What is listed does not wait
   * for what has yet to be read.
   */
  sync(doorbell: Doorbell): Promise<void> {
    const listed = this.#listing.then(() => this.#list(doorbell));
    this.#listing = listed.catch(() => {});
    const read = Promise.all([listed, this.#reading]).then(() => this.#readAll(doorbell));
    this.#reading = read.catch(() => {});
    return read;
  }

  async forget(id: string): Promise<void> {
    const entry = this.get(id);
    if (entry === undefined) return;
    const entries = new Map(this.#byId.value);
    entries.delete(id);
    this.#byId.value = entries;
    await this.#save(new Set([entry.day]));
    await this.#cache.dropStill(id);
  }

  async #list(doorbell: Doorbell): Promise<void> {
    const rows = await doorbell.clipIndex();
    const before = this.#byId.value;
    const changedDays = new Set<number>();
    const next = new Map<string, ClipEntry>();
    for (const row of rows) {
      const id = toHex(row.clip);
      const known = before.get(id);
      const entry = known === undefined ? entryOfRow(row) : merged(known, row);
      if (entry !== known) changedDays.add(entry.day);
      next.set(id, entry);
    }
    const gone = [...before.values()].filter(({ id }) => !next.has(id));
    for (const { day } of gone) changedDays.add(day);
    this.#byId.value = next;
    this.loaded.value = true;
    this.isCurrent.value = true;
    await this.#save(changedDays);
    for (const { id } of gone) await this.#cache.dropStill(id);
  }

  async #readAll(doorbell: Doorbell): Promise<void> {
    const waiting = this.entries.value.filter(({ reading, state }) => reading === "unread" && state !== "open");
    for (let at = 0; at < waiting.length; at += SAVE_EVERY) {
      const group = waiting.slice(at, at + SAVE_EVERY);
      for (let i = 0; i < group.length; i += READ_AT_ONCE) {
        const read = await Promise.all(group.slice(i, i + READ_AT_ONCE).map((entry) => this.#read(doorbell, entry)));
        const known = new Map(this.#byId.value);
        for (const entry of read) {
          const { pinned, state } = known.get(entry.id) ?? {};
          if (pinned !== undefined && state !== undefined) known.set(entry.id, { ...entry, pinned, state });
        }
        this.#byId.value = known;
      }
      await this.#save(new Set(group.map(({ day }) => day)));
    }
  }

  async #read(doorbell: Doorbell, entry: ClipEntry): Promise<ClipEntry> {
    try {
      const { clip, opened } = await readClip(this.#ground, doorbell, entry.id, "summary");
      // What cannot be drawn now may be later.
      const { thumbnail } = opened;
      if (thumbnail !== null) await this.#saveStill(entry, (await drawPicture(thumbnail, STILL_WIDTH)) ?? thumbnail);
      return readEntry(entry, clip, opened);
    } catch (error) {
      const told = unreadable(entry, error);
      if (told === null) throw error;
      return told;
    }
  }

  async #save(days: ReadonlySet<number>): Promise<void> {
    const entries = [...this.#byId.value.values()];
    try {
      for (const day of days) {
        await this.#cache.saveDay(
          day,
          entries.filter((entry) => entry.day === day),
        );
      }
    } catch (error) {
      this.#noRoom(error);
    }
  }

  async #saveStill(entry: ClipEntry, picture: Uint8Array): Promise<void> {
    try {
      await this.#cache.saveStill(entry, picture);
    } catch (error) {
      this.#unsavedStills.set(entry.id, picture);
      this.#noRoom(error);
    }
  }

  #noRoom(error: unknown): void {
    if (!(error instanceof DOMException)) throw error;
    this.storageFull.value = true;
  }
}

/** The same object when nothing changed. A clip that was open has to be looked into once more. */
function merged(known: ClipEntry, row: ClipIndexRow): ClipEntry {
  const { pinned, state } = row;
  if (known.pinned === pinned && known.state === state) return known;
  const reading = known.state === "open" ? "unread" : known.reading;
  return { ...known, pinned, state, reading };
}

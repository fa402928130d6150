import { closeSync, ftruncateSync, openSync } from "node:fs";
import { Dice } from "../../forge/dice.ts";
import { type DiskEvent, KIND, writeWhole, zeroRange } from "../nbd/recorded-disk.ts";

/** What the cache of a card writes in one piece. */
const SECTOR_BYTES = 4096;
/** In which the durable image is kept: what was never written is not copied. */
const CHUNK_BYTES = 65_536;
const CHANCES = 1000;

/** One way in which the power can fail; its number and the seed repeat it. */
export interface Cut {
  readonly number: number;
  /** So many events had happened. */
  readonly at: number;
  /** Of a thousand: how likely a write that no flush covered is gone. */
  readonly dropPerMille: number;
  /** Of a thousand: how likely one that is not gone is there in part only. */
  readonly tearPerMille: number;
  readonly seed: number;
}

/**
 * Cuts at random events, in their order. A third lose all that was not flushed, a third nothing, as when the daemon alone
 * dies; the others lose any part of it.
 * @param from - No cut falls before this event.
 */
export function planCuts(count: number, from: number, events: number, seed: number): Cut[] {
  const dice = new Dice(seed);
  const cuts = Array.from({ length: count }, () => {
    const kind = dice.below(3);
    const dropPerMille = kind === 0 ? CHANCES : kind === 1 ? 0 : dice.below(CHANCES);
    return {
      at: from + dice.below(events - from + 1),
      dropPerMille,
      tearPerMille: kind === 2 ? dice.below(CHANCES / 2) : 0,
      seed: 1 + dice.below(1_000_000_000),
    };
  });
  return cuts.toSorted((a, b) => a.at - b.at).map((cut, number) => ({ number, ...cut }));
}

/** Makes the image that each cut leaves. Cuts come in the order of their events, since what is durable only grows. */
export class CrashImages {
  readonly #events: readonly DiskEvent[];
  readonly #size: number;
  /** Everything that a flush has covered, by number of the chunk. */
  readonly #durable = new Map<number, Uint8Array>();
  /** Events before this are durable or waiting. */
  #at = 0;
  /** Writes since the last flush, in order. */
  #waiting: DiskEvent[] = [];

  constructor(events: readonly DiskEvent[], size: number) {
    this.#events = events;
    this.#size = size;
  }

  /** @returns How many writes no flush had covered, and how many of these are gone or torn. */
  make(cut: Cut, path: string): { readonly unflushed: number; readonly dropped: number; readonly torn: number } {
    for (; this.#at < cut.at; this.#at += 1) this.#happen(this.#events[this.#at]);
    const dice = new Dice(cut.seed);
    const file = openSync(path, "w+");
    let [dropped, torn] = [0, 0];
    try {
      ftruncateSync(file, this.#size);
      for (const [number, bytes] of this.#durable) writeWhole(file, bytes, number * CHUNK_BYTES);
      for (const event of this.#waiting) {
        if (event.isDurable)
          writeEvent(file, event); // over what is below it, in the order of the writes
        else if (dice.below(CHANCES) < cut.dropPerMille) dropped += 1;
        else if (event.length > SECTOR_BYTES && dice.below(CHANCES) < cut.tearPerMille) {
          for (const sector of sectorsOf(event)) if (dice.chance(2)) writeEvent(file, sector);
          torn += 1;
        } else writeEvent(file, event);
      }
    } finally {
      closeSync(file);
    }
    return { unflushed: this.#waiting.length, dropped, torn };
  }

  #happen(event: DiskEvent | undefined): void {
    if (event === undefined) return;
    if (event.kind !== KIND.flush) {
      this.#waiting.push(event);
      return;
    }
    for (const waiting of this.#waiting) this.#keep(waiting);
    this.#waiting = [];
  }

  #keep({ kind, offset, length, bytes }: DiskEvent): void {
    for (let done = 0; done < length; ) {
      const number = Math.floor((offset + done) / CHUNK_BYTES);
      const inChunk = offset + done - number * CHUNK_BYTES;
      const part = Math.min(CHUNK_BYTES - inChunk, length - done);
      const chunk = this.#durable.get(number);
      if (kind === KIND.write) {
        const target = chunk ?? new Uint8Array(CHUNK_BYTES);
        target.set(bytes.subarray(done, done + part), inChunk);
        this.#durable.set(number, target);
      } else chunk?.fill(0, inChunk, inChunk + part);
      done += part;
    }
  }
}

function* sectorsOf(event: DiskEvent): Generator<DiskEvent> {
  for (let at = 0; at < event.length; at += SECTOR_BYTES) {
    const length = Math.min(SECTOR_BYTES, event.length - at);
    yield { ...event, offset: event.offset + at, length, bytes: event.bytes.subarray(at, at + length) };
  }
}

function writeEvent(file: number, { kind, offset, length, bytes }: DiskEvent): void {
  if (kind === KIND.write) writeWhole(file, bytes, offset);
  else zeroRange(file, offset, length);
}

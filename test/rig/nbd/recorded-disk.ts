import { closeSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Disk } from "./disk.ts";

export const KIND = { write: 1, zero: 2, flush: 3 } as const;

/** One thing that happened to a disk, in the order in which it was answered. */
export interface DiskEvent {
  readonly kind: (typeof KIND)[keyof typeof KIND];
  readonly isDurable: boolean;
  readonly offset: number;
  readonly length: number;
  /** Of a write; empty otherwise. */
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 24;
const COUNT_BYTES = 8;

/** Files of a recorded disk in one folder. */
export const imageFile = (dir: string): string => join(dir, "disk.img");
export const eventsFile = (dir: string): string => join(dir, "events.bin");
/** Holds how many events there are: whoever reads it right after a promise knows where in the record the promise stands. */
export const positionFile = (dir: string): string => join(dir, "position");

/** A sparse image file, and beside it everything that ever happened to it. Starts empty, all zeroes. */
export class RecordedDisk implements Disk {
  readonly size: number;
  readonly #image: number;
  readonly #events: number;
  readonly #position: number;
  #count = 0;

  constructor(dir: string, size: number) {
    this.size = size;
    this.#image = openSync(imageFile(dir), "w+");
    ftruncateSync(this.#image, size);
    this.#events = openSync(eventsFile(dir), "w");
    this.#position = openSync(positionFile(dir), "w");
    this.#tellPosition();
  }

  read(offset: number, length: number): Uint8Array {
    return readRange(this.#image, offset, length);
  }

  write(offset: number, bytes: Uint8Array, isDurable: boolean): void {
    writeWhole(this.#image, bytes, offset);
    this.#note({ kind: KIND.write, isDurable, offset, length: bytes.length, bytes });
  }

  zero(offset: number, length: number, isDurable: boolean): void {
    zeroRange(this.#image, offset, length);
    this.#note({ kind: KIND.zero, isDurable, offset, length, bytes: new Uint8Array() });
  }

  flush(): void {
    this.#note({ kind: KIND.flush, isDurable: true, offset: 0, length: 0, bytes: new Uint8Array() });
  }

  close(): void {
    for (const file of [this.#image, this.#events, this.#position]) closeSync(file);
  }

  #note({ kind, isDurable, offset, length, bytes }: DiskEvent): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(kind, 0);
    header.writeUInt8(isDurable ? 1 : 0, 1);
    header.writeDoubleBE(offset, 8);
    header.writeDoubleBE(length, 16);
    writeWhole(this.#events, header, null);
    writeWhole(this.#events, bytes, null);
    this.#count += 1;
    this.#tellPosition();
  }

  #tellPosition(): void {
    const count = Buffer.alloc(COUNT_BYTES);
    count.writeDoubleBE(this.#count);
    writeSync(this.#position, count, 0, COUNT_BYTES, 0);
  }
}

/** Every event of a record; one that was being noted when its process was killed is left out. */
export function readEvents(dir: string): DiskEvent[] {
  const record = readFileSync(eventsFile(dir));
  const events: DiskEvent[] = [];
  for (let at = 0; at + HEADER_BYTES <= record.length; ) {
    const kind = record.readUInt8(at) as DiskEvent["kind"];
    const isDurable = record.readUInt8(at + 1) === 1;
    const [offset, length] = [record.readDoubleBE(at + 8), record.readDoubleBE(at + 16)];
    const start = at + HEADER_BYTES;
    const end = start + (kind === KIND.write ? length : 0);
    if (end > record.length) break;
    events.push({ kind, isDurable, offset, length, bytes: record.subarray(start, end) });
    at = end;
  }
  return events;
}

/** How many events there are by now. */
export function readPosition(file: number): number {
  const count = Buffer.alloc(COUNT_BYTES);
  readSync(file, count, 0, COUNT_BYTES, 0);
  return count.readDoubleBE();
}

/** Zeroes from where the file ends. */
export function readRange(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(file, bytes, done, length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return bytes;
}

const ZEROES = new Uint8Array(1 << 20);

export function zeroRange(file: number, offset: number, length: number): void {
  for (let done = 0; done < length; done += ZEROES.length) {
    writeWhole(file, ZEROES.subarray(0, Math.min(ZEROES.length, length - done)), offset + done);
  }
}

export function writeWhole(file: number, bytes: Uint8Array, offset: number | null): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, offset === null ? null : offset + done);
  }
}

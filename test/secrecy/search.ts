import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

const CHUNK_BYTES = 8 * 1024 * 1024;

export interface Pattern {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where a pattern was found: its name and the place. */
export interface Hit {
  readonly pattern: string;
  readonly where: string;
}

/** Searches files byte by byte and keeps count of what it has read. */
export class Search {
  readonly #patterns: readonly Pattern[];
  readonly #overlap: number;
  readonly #hits = new Map<string, Hit>();
  #files = 0;
  #bytes = 0;

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
    this.#overlap = Math.max(...patterns.map(({ bytes }) => bytes.length)) - 1;
  }

  get files(): number {
    return this.#files;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** One for each pattern and place. */
  get hits(): readonly Hit[] {
    return [...this.#hits.values()];
  }

  /** Takes over what another search found and read. */
  add(other: Search): void {
    for (const hit of other.hits) this.#hits.set(`${hit.pattern} ${hit.where}`, hit);
    this.#files += other.files;
    this.#bytes += other.bytes;
  }

  bytesOf(where: string, bytes: Buffer): void {
    this.#files += 1;
    this.#look(where, bytes, 0);
    this.#bytes += bytes.length;
  }

  file(path: string, where = path): void {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      return; // gone since it was listed
    }
    try {
      this.#files += 1;
      this.range(file, where, 0, Number.MAX_SAFE_INTEGER);
    } finally {
      closeSync(file);
    }
  }

  /** A part of an open file; what cannot be read is left out. */
  range(file: number, where: string, from: number, to: number): void {
    const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, to - from) + this.#overlap);
    let kept = 0;
    for (let at = from; at < to; ) {
      const read = readSome(file, buffer.subarray(kept, kept + Math.min(CHUNK_BYTES, to - at)), at);
      if (read === 0) return;
      const end = kept + read;
      this.#look(where, buffer.subarray(0, end), at - kept);
      this.#bytes += read;
      at += read;
      kept = Math.min(this.#overlap, end);
      buffer.copyWithin(0, end - kept, end);
    }
  }

  /** Every regular file below a folder. */
  folder(path: string, isLookedAt: (path: string) => boolean = () => true): void {
    for (const name of namesIn(path)) {
      const at = join(path, name);
      const stat = lstatSync(at, { throwIfNoEntry: false });
      if (stat?.isDirectory() === true) this.folder(at, isLookedAt);
      else if (stat?.isFile() === true && isLookedAt(at)) this.file(at);
    }
  }

  /** Files that a process has open, also those that have no name any more. @param except - Inodes that are its input. */
  openFiles(pid: number, except: ReadonlySet<number>): void {
    const folder = `/proc/${pid}/fd`;
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      try {
        const stat = statSync(path);
        if (stat.isFile() && !except.has(stat.ino)) this.file(path, `${readlinkSync(path)} open in ${pid}`);
      } catch {} // closed since it was listed
    }
  }

  #look(where: string, bytes: Buffer, start: number): void {
    for (const { name, bytes: wanted } of this.#patterns) {
      const at = bytes.indexOf(wanted);
      if (at >= 0) this.#hits.set(`${name} ${where}`, { pattern: name, where: `${where} at ${start + at}` });
    }
  }
}

/** Zero where there is nothing to read. */
export function readSome(file: number, into: Buffer, at: number): number {
  try {
    return readSync(file, into, 0, into.length, at);
  } catch {
    return 0;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

const DAY_SECONDS = 86_400;

export interface DurableOptions {
  /** UTC day number that the file's dates are set to, because an exact date would tell when something happened. Default: today. */
  readonly day?: number;
  /** Permission bits; default: the owner alone. */
  readonly mode?: number;
}

const inTurn = new Map<string, Promise<void>>();

/**
 * Replaces a whole file: after a power cut it holds either the old bytes or the new ones. Settles once the new ones would survive.
 * Writes to one path happen one after another. A temporary file left by a crash has a fixed name, so the next write reuses it.
 */
export function writeFileDurably(path: string, bytes: Uint8Array, options: DurableOptions = {}): Promise<void> {
  const turn = (inTurn.get(path) ?? Promise.resolve()).catch(() => {}).then(() => replaceFile(path, bytes, options));
  inTurn.set(path, turn);
  const done = (): void => {
    if (inTurn.get(path) === turn) inTurn.delete(path);
  };
  turn.then(done, done);
  return turn;
}

async function replaceFile(path: string, bytes: Uint8Array, { day, mode = 0o600 }: DurableOptions): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", mode);
  try {
    await file.writeFile(bytes);
    await setDay(file, day);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

export async function readFileIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes names in a directory (created, renamed, removed files) survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Creates a directory that only its user may enter; its name survives a power cut. */
export async function makeDirectoryDurably(path: string): Promise<void> {
  const firstMade = await mkdir(path, { recursive: true, mode: 0o700 });
  if (firstMade !== undefined) await syncDirectory(dirname(firstMade));
}

/** Sets a file's dates to the start of a UTC day; default: today. */
export async function setDay(file: FileHandle, day?: number): Promise<void> {
  const seconds = (day ?? Math.floor(Date.now() / 1000 / DAY_SECONDS)) * DAY_SECONDS;
  await file.utimes(seconds, seconds);
}

/** A file that only grows. One append at a time: the caller waits for each. */
export interface AppendFile {
  /** Bytes that would survive a power cut. */
  readonly size: number;
  /** Settles once the bytes would survive. After an error (a full card) the file is as it was before. */
  append(...parts: readonly Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

/** Each write is synced before it returns (open(2)): one call into the kernel, and one wait, in place of two. */
const APPEND_SYNCED = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC;

export async function openAppend(path: string, { day, mode = 0o600 }: DurableOptions = {}): Promise<AppendFile> {
  const file = await open(path, APPEND_SYNCED, mode);
  await setDay(file, day);
  await syncDirectory(dirname(path));
  let { size } = await file.stat();
  return {
    get size() {
      return size;
    },
    async append(...parts) {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      try {
        await writeWhole(file, parts, length);
      } catch (error) {
        await file.truncate(size).catch(() => {});
        throw error;
      }
      size += length;
    },
    async close() {
      await setDay(file, day);
      await file.close();
    },
  };
}

async function writeWhole(file: FileHandle, parts: readonly Uint8Array[], length: number): Promise<void> {
  const { bytesWritten } = await file.writev([...parts]);
  let missing = length - bytesWritten;
  // A short write happens on a nearly full card; the next attempt then fails with ENOSPC or finishes.
  while (missing > 0) {
    const rest = Buffer.concat(parts).subarray(length - missing);
    missing -= (await file.write(rest)).bytesWritten;
  }
}

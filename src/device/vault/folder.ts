import { constants } from "node:fs";
import { copyFile, open, readdir, rename, rm, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fromHex, toHex } from "../../protocol/bytes.ts";
import { makeDirectoryDurably, syncDirectory, writeFileDurably } from "../platform/durable-file.ts";

const SECONDS_PER_DAY = 86_400;
const NAME = /^([0-9a-f]{32})\.(clip|pin|erasing|clip\.tmp|pin\.tmp)$/;
/** Longer than any head: 255 wraps of 84 bytes. */
const HEAD_REGION_BYTES = 32_768;

export type FileRole = "clip" | "pin" | "erasing" | "clip.tmp" | "pin.tmp";

export interface FolderEntry {
  readonly name: string;
  /** Null for a file that is none of ours. */
  readonly role: FileRole | null;
  readonly id: Uint8Array | null;
}

/**
 * Names on the card. `clips/<id>.clip` is a clip, `.pin` beside it an empty mark that it is pinned, `.erasing` a clip
 * whose erasure has begun, `.tmp` a file that was never finished; `aside/` holds copies of damaged files.
 */
export class VaultFolder {
  readonly clips: string;
  readonly aside: string;
  readonly catalog: string;
  readonly ballast: string;

  constructor(dir: string) {
    this.clips = join(dir, "clips");
    this.aside = join(dir, "aside");
    this.catalog = join(dir, "catalog.db");
    this.ballast = join(dir, "ballast.bin");
  }

  async make(): Promise<void> {
    await makeDirectoryDurably(this.clips);
  }

  /** Dates what every clip changes: the folder and the catalog. */
  async stamp(day: number): Promise<void> {
    for (const path of [this.clips, this.catalog, `${this.catalog}-wal`]) await stampDay(path, day);
  }

  path(id: Uint8Array, role: FileRole): string {
    return join(this.clips, `${toHex(id)}.${role}`);
  }

  async asidePaths(): Promise<string[]> {
    return (await namesIn(this.aside)).map((name) => join(this.aside, name));
  }

  async entries(): Promise<FolderEntry[]> {
    const names = await namesIn(this.clips);
    return names
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map((name) => {
        const match = NAME.exec(name);
        const [, hex, role] = match ?? [];
        return hex === undefined ? { name, role: null, id: null } : { name, role: role as FileRole, id: fromHex(hex) };
      });
  }

  async pinnedIds(): Promise<Set<string>> {
    const entries = await this.entries();
    return new Set(entries.flatMap(({ role, id }) => (role === "pin" && id !== null ? [toHex(id)] : [])));
  }

  /** Lasting when it returns, as every change of a name here. */
  async mark(id: Uint8Array, day: number): Promise<void> {
    await writeFileDurably(this.path(id, "pin"), new Uint8Array(0), { day });
  }

  async unmark(id: Uint8Array): Promise<void> {
    await rm(this.path(id, "pin"), { force: true });
    await syncDirectory(this.clips);
  }

  /** Keeps a copy of a damaged file before anything in it is mended. */
  async keepAside(id: Uint8Array): Promise<string> {
    await makeDirectoryDurably(this.aside);
    const path = await freeName(join(this.aside, `${toHex(id)}.clip`));
    await copyFile(this.path(id, "clip"), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await syncDirectory(this.aside);
    return path;
  }

  /** Moves a damaged catalog beside itself and returns its new name. */
  async putCatalogAside(): Promise<string> {
    const path = await freeName(`${this.catalog}.broken`);
    await rename(this.catalog, path);
    for (const suffix of ["-wal", "-shm"]) {
      await rename(this.catalog + suffix, path + suffix).catch(ignoreMissing);
    }
    return path;
  }

  /** Names the clip as going, so that a crash from here on ends in its erasure. */
  async beginErasing(id: Uint8Array): Promise<void> {
    await rename(this.path(id, "clip"), this.path(id, "erasing")).catch(ignoreMissing);
    await syncDirectory(this.clips);
  }

  /** Overwrites the head, which holds the only wraps of the seed, then unlinks. */
  async finishErasing(id: Uint8Array): Promise<void> {
    const path = this.path(id, "erasing");
    try {
      const file = await open(path, "r+");
      try {
        const { size } = await file.stat();
        await file.write(new Uint8Array(Math.min(size, HEAD_REGION_BYTES)), 0, undefined, 0);
        await file.datasync();
      } finally {
        await file.close();
      }
      await unlink(path);
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException);
    }
    await rm(this.path(id, "pin"), { force: true });
    await syncDirectory(this.clips);
  }
}

/** Sets a file's dates to the start of a UTC day: the card tells days, not times. */
export async function stampDay(path: string, day: number): Promise<void> {
  await utimes(path, day * SECONDS_PER_DAY, day * SECONDS_PER_DAY).catch(ignoreMissing);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    ignoreMissing(error as NodeJS.ErrnoException);
    return [];
  }
}

async function freeName(path: string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const name = `${path}-${n}`;
    try {
      await (await open(name, "r")).close();
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException);
      return name;
    }
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

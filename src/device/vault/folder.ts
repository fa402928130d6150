import { constants } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromHex, toHex } from "../../protocol/bytes.ts";

const SECONDS_PER_DAY = 86_400;
const CLIP = /^([0-9a-f]{32})\.(clip|pin|new|erasing)$/;

export type FileRole = "clip" | "pin" | "new" | "erasing";

export interface FolderEntry {
  readonly name: string;
  /** Null for a file that is none of ours. */
  readonly role: FileRole | null;
  readonly id: Uint8Array | null;
}

/**
 * Names on the card. `clips/<id>.clip` is a clip, `.pin` beside it an empty mark that it is pinned, `.new` a head that is
 * not yet a clip, `.erasing` a clip whose erasure has begun; `aside/` holds copies of damaged files.
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
    await mkdir(this.clips, { recursive: true, mode: 0o700 });
  }

  path(id: Uint8Array, role: FileRole): string {
    return join(this.clips, `${toHex(id)}.${role}`);
  }

  async entries(): Promise<FolderEntry[]> {
    const names = await readdir(this.clips).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return names.toSorted().map((name) => {
      const match = CLIP.exec(name);
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
    const path = this.path(id, "pin");
    await writeFile(path, "", { mode: 0o600 });
    await stampDay(path, day);
    await syncFolder(this.clips);
  }

  async unmark(id: Uint8Array): Promise<void> {
    await rm(this.path(id, "pin"), { force: true });
    await syncFolder(this.clips);
  }

  /** Keeps a copy of a damaged file before anything in it is mended. */
  async keepAside(id: Uint8Array): Promise<string> {
    await mkdir(this.aside, { recursive: true, mode: 0o700 });
    const path = await freeName(join(this.aside, `${toHex(id)}.clip`));
    await copyFile(this.path(id, "clip"), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await syncFolder(this.aside);
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
    await syncFolder(this.clips);
  }

  /** Overwrites the head, which holds the only wraps of the seed, then unlinks. */
  async finishErasing(id: Uint8Array, headBytes: number): Promise<void> {
    const path = this.path(id, "erasing");
    try {
      const file = await open(path, "r+");
      try {
        const { size } = await file.stat();
        await file.write(new Uint8Array(Math.min(size, headBytes)), 0, undefined, 0);
        await file.datasync();
      } finally {
        await file.close();
      }
      await unlink(path);
    } catch (error) {
      ignoreMissing(error as NodeJS.ErrnoException);
    }
    await rm(this.path(id, "pin"), { force: true });
    await syncFolder(this.clips);
  }
}

/** Sets a file's dates to the start of a UTC day: the card tells days, not times. */
export async function stampDay(path: string, day: number): Promise<void> {
  await utimes(path, day * SECONDS_PER_DAY, day * SECONDS_PER_DAY).catch(ignoreMissing);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
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

/** The published files of a log in a folder, exactly as c2sp.org/tlog-tiles has them, and how they get onto the disk. */

import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory } from "../device/platform/durable-file.ts";
import type { LogFile } from "../protocol/tlog/growing-tree.ts";
import { parseTilePath, type TileName, type TileSource, tileWidth } from "../protocol/tlog/tiles.ts";

const TILES = "tile";
const PUBLIC_FILE = 0o644;
const PUBLIC_DIR = 0o755;

/** Reads a log's files from a folder. */
export class FolderSource implements TileSource {
  readonly #dir: string;
  constructor(dir: string) {
    this.#dir = dir;
  }

  async get(path: string): Promise<Uint8Array | null> {
    try {
      return new Uint8Array(await readFile(join(this.#dir, path)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      throw error;
    }
  }
}

export class LogFolder {
  readonly dir: string;
  /** For what is not whole yet: never among the published files. */
  readonly #drafts: string;
  readonly #knownDirs = new Set<string>();
  #draftNumber = 0;

  constructor(dir: string, drafts: string) {
    this.dir = dir;
    this.#drafts = drafts;
  }

  get source(): TileSource {
    return new FolderSource(this.dir);
  }

  async prepare(): Promise<void> {
    await rm(this.#drafts, { recursive: true, force: true });
    await mkdir(this.#drafts, { recursive: true, mode: 0o700 });
    await mkdir(this.dir, { recursive: true, mode: PUBLIC_DIR });
    await syncDirectory(dirname(this.dir));
  }

  /** Settles once all files and their names would survive a power cut. */
  async write(files: readonly LogFile[]): Promise<void> {
    const drafts = await Promise.all(files.map(({ bytes }) => this.#draft(bytes)));
    const dirs = new Set<string>();
    for (const [i, { path }] of files.entries()) {
      const target = join(this.dir, path);
      await this.#makeDir(dirname(target));
      await rename(drafts[i] ?? "", target);
      dirs.add(dirname(target));
    }
    await Promise.all(Array.from(dirs, syncDirectory));
  }

  async #draft(bytes: Uint8Array): Promise<string> {
    this.#draftNumber += 1;
    const path = join(this.#drafts, String(this.#draftNumber));
    const file = await open(path, "w", PUBLIC_FILE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  async #makeDir(dir: string): Promise<void> {
    if (this.#knownDirs.has(dir)) return;
    const firstMade = await mkdir(dir, { recursive: true, mode: PUBLIC_DIR });
    const topmostLength = firstMade?.length ?? Number.POSITIVE_INFINITY;
    // A new folder is a name in the one above it.
    for (let made = dir; made.length >= topmostLength; made = dirname(made)) await syncDirectory(dirname(made));
    this.#knownDirs.add(dir);
  }

  /** Every tile there is, by its path. */
  async tiles(): Promise<{ readonly path: string; readonly name: TileName | null }[]> {
    const paths = await readdir(join(this.dir, TILES), { recursive: true, withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw error;
      },
    );
    return paths
      .filter((entry) => !entry.isDirectory())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name).slice(this.dir.length + 1);
        return { path, name: parseTilePath(path) };
      });
  }

  /** Removes what a crash left beyond this size: nobody was ever promised it, and its place will have another content. */
  async removeBeyond(size: number): Promise<void> {
    for (const { path, name } of await this.tiles()) {
      if (name !== null && name.width > tileWidth(size, name.level, name.index)) await rm(join(this.dir, path));
    }
  }

  /** Removes partial tiles that no tree of these sizes needs; the full tile, or a wider one, holds the same. */
  async removePartials(sizes: readonly number[]): Promise<void> {
    for (const { path, name } of await this.tiles()) {
      if (name === null || !path.includes(".p/")) continue;
      if (!sizes.some((size) => tileWidth(size, name.level, name.index) === name.width)) {
        await rm(join(this.dir, path), { force: true });
      }
    }
  }
}

import { readdir, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeJson, encodeJson } from "../../protocol/canonical-json.ts";
import { integer, object, type ValueOf } from "../../protocol/shape.ts";
import { CHECKPOINT_PATH, parseTilePath } from "../../protocol/tlog/tiles.ts";
import { makeDirectoryDurably, readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";

const SIZES_FILE = "sizes.json";
const SECONDS_PER_DAY = 86_400;

const size = integer(0, Number.MAX_SAFE_INTEGER);
const sizesShape = object({
  /** Of the checkpoint that is kept. */
  size,
  /** Of the one before, whose partial files a member may still be reading. */
  before: size,
});
export type MirroredSizes = ValueOf<typeof sizesShape>;

/** One register's log as files, under the paths that the log itself has them. */
export class MirrorFolder {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** A file whose text is damaged counts as none: everything is fetched anew. */
  async sizes(): Promise<MirroredSizes> {
    const bytes = await readFileIfThere(join(this.#dir, SIZES_FILE));
    try {
      return bytes === undefined ? { size: 0, before: 0 } : sizesShape.read(decodeJson(bytes));
    } catch {
      return { size: 0, before: 0 };
    }
  }

  async setSizes(sizes: MirroredSizes, day: number): Promise<void> {
    await this.#write(SIZES_FILE, encodeJson(sizesShape.write(sizes)), day);
  }

  /** Null for a path that no log has, or that is not here. */
  async read(path: string): Promise<Uint8Array | null> {
    if (path !== CHECKPOINT_PATH && parseTilePath(path) === null) return null;
    return (await readFileIfThere(join(this.#dir, path))) ?? null;
  }

  async write(path: string, bytes: Uint8Array, day: number): Promise<void> {
    if (path !== CHECKPOINT_PATH && parseTilePath(path) === null) throw new RangeError(`${path} is no file of a log`);
    await this.#write(path, bytes, day);
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.#dir, path), { force: true });
  }

  /** Drops the oldest bundles until all of them together are no longer than this. */
  async keepWithin(roomBytes: number): Promise<void> {
    const bundles = await this.#bundles();
    let used = bundles.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { path, bytes } of bundles) {
      if (used <= roomBytes) return;
      await this.remove(path);
      used -= bytes;
    }
  }

  /** Dates everything to the day, so that no date on the card tells more than that the doorbell ran. */
  async stamp(day: number): Promise<void> {
    const names = await readdir(this.#dir, { recursive: true }).catch(() => []);
    for (const name of [".", ...names]) {
      await utimes(join(this.#dir, name), day * SECONDS_PER_DAY, day * SECONDS_PER_DAY).catch(() => {});
    }
  }

  /** Oldest first. */
  async #bundles(): Promise<{ readonly path: string; readonly bytes: number }[]> {
    const names = await readdir(this.#dir, { recursive: true });
    const found = names.flatMap((path) => {
      const name = parseTilePath(path);
      return name?.level === "entries" ? [{ path, ...name }] : [];
    });
    found.sort((a, b) => a.index - b.index || a.width - b.width);
    return Promise.all(found.map(async ({ path }) => ({ path, bytes: (await stat(join(this.#dir, path))).size })));
  }

  async #write(path: string, bytes: Uint8Array, day: number): Promise<void> {
    const file = join(this.#dir, path);
    await makeDirectoryDurably(dirname(file));
    await writeFileDurably(file, bytes, { day });
  }
}

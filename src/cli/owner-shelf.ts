import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfThere } from "../device/platform/durable-file.ts";
import type { Shelf } from "../owner/shelf.ts";
import { writePrivateFile } from "./private-dir.ts";

/** One private file for each name in the owner's folder. */
export function fileShelf(dir: string): Shelf {
  const fileOf = (name: string): string => {
    if (!/^[a-z0-9-]+$/.test(name)) throw new RangeError(`${name} is no name for a file`);
    return join(dir, `${name}.json`);
  };
  return {
    load: async (name) => (await readFileIfThere(fileOf(name))) ?? null,
    save: (name, bytes) => writePrivateFile(fileOf(name), bytes),
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}

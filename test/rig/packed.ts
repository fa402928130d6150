import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What goes into a package, or makes it. */
const SOURCES = ["src", "scripts", "systemd", "firmware", "docs", "package.json", "package-lock.json"];
const NAME = /^package-[0-9a-f]{12}(\.new)?$/;

/** The folder with the package of these very sources; packed where there is none yet, and older ones are thrown away. */
export async function packed(cacheDir: string, say: (text: string) => void): Promise<string> {
  const name = `package-${await digestOf(SOURCES)}`;
  const folder = join(cacheDir, name);
  if (existsSync(folder)) return folder;
  say("Packing the doorbell …");
  await mkdir(cacheDir, { recursive: true });
  for (const old of await readdir(cacheDir)) {
    if (NAME.test(old)) await rm(join(cacheDir, old), { recursive: true });
  }
  const unfinished = `${folder}.new`;
  await promisify(execFile)("scripts/package", ["--arch", "x64", "--quick", "--out", unfinished], { maxBuffer: 1e8 });
  await rename(unfinished, folder);
  return folder;
}

/** Twelve hexadecimal digits, of the names and bytes of all files below. */
async function digestOf(roots: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const root of roots) {
    const entries = root.includes(".") ? null : await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries?.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)) ?? [
      root,
    ];
    for (const file of files.toSorted()) hash.update(`${file}\0`).update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 12);
}

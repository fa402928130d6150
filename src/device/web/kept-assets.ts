import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";

const CURRENT = "current";
const ASSETS = "assets";

/**
 * Keeps the hashed files of the app as it was before an update: a page that was open then still loads its parts.
 * @returns Folder with the version before the present one, or null; a card that is full keeps none.
 */
export async function keepAssets(dir: string, appDir: string): Promise<string | null> {
  try {
    const version = await versionOf(appDir);
    if (version === null) return null;
    const present = await readFileIfThere(join(dir, CURRENT));
    const names = present === undefined ? [] : new TextDecoder().decode(present).split("\n");
    const [current = "", previous = ""] = names;
    if (current !== version) {
      await copyAssets(join(dir, version), appDir);
      await writeFileDurably(join(dir, CURRENT), new TextEncoder().encode(`${version}\n${current}`));
    }
    const before = current === version ? previous : current;
    const wanted = new Set([CURRENT, version, before]);
    for (const name of await readdir(dir)) {
      if (!wanted.has(name)) await rm(join(dir, name), { recursive: true, force: true });
    }
    return before === "" ? null : join(dir, before);
  } catch {
    return null;
  }
}

/** The page names its parts by their content. */
async function versionOf(appDir: string): Promise<string | null> {
  const page = await readFile(join(appDir, "index.html")).catch(() => null);
  return page && createHash("sha256").update(page).digest("hex").slice(0, 16);
}

async function copyAssets(to: string, appDir: string): Promise<void> {
  const unfinished = `${to}.tmp`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await cp(join(appDir, ASSETS), join(unfinished, ASSETS), { recursive: true });
  await rm(to, { recursive: true, force: true });
  await rename(unfinished, to);
}

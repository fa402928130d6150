import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { equalBytes } from "../protocol/bytes.ts";
import type { AppBundle } from "../protocol/statements/app-bundle.ts";
import { CliError } from "./errors.ts";

export const SIGNATURE_FILE = "signature.json";

/** The files of a built app, as a statement names them. @throws CliError `cli/wrong-file` for a folder that is none. */
export async function readBundle(dir: string): Promise<AppBundle["files"]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new CliError("cli/wrong-file", `${dir} is no folder that can be read`, { cause });
  });
  const strange = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (strange !== undefined) {
    throw new CliError("cli/wrong-file", `${join(strange.parentPath, strange.name)} is neither file nor folder`);
  }
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => path !== SIGNATURE_FILE)
    .toSorted();
  if (!paths.includes("index.html")) throw new CliError("cli/wrong-file", `${dir} holds no built app: no index.html`);
  return Promise.all(
    paths.map(async (path) => {
      const content = await readFile(join(dir, path));
      return { path, sha256: new Uint8Array(createHash("sha256").update(content).digest()) };
    }),
  );
}

export interface BundleDifference {
  readonly path: string;
  readonly what: "changed" | "missing" | "not signed for";
}

/** Nothing when the folder holds exactly what was signed. */
export function compareBundle(signed: AppBundle["files"], found: AppBundle["files"]): BundleDifference[] {
  const there = new Map(found.map(({ path, sha256 }) => [path, sha256]));
  const named = new Set(signed.map(({ path }) => path));
  const wrong = signed.flatMap(({ path, sha256 }): BundleDifference[] => {
    const is = there.get(path);
    if (is === undefined) return [{ path, what: "missing" }];
    return equalBytes(is, sha256) ? [] : [{ path, what: "changed" }];
  });
  const more = found.filter(({ path }) => !named.has(path));
  return [...wrong, ...more.map(({ path }) => ({ path, what: "not signed for" as const }))];
}

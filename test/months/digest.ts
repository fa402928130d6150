import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export const sha256Hex = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** Every file below, with a digest of its bytes. */
export function filesBelow(dir: string): ReadonlyMap<string, string> {
  const names = readdirSync(dir, { recursive: true }).map(String).toSorted();
  return new Map(
    names.flatMap((name): [string, string][] => {
      const path = join(dir, name);
      const found = statSync(path);
      if (found.isDirectory()) return [[`${name}/`, ""]];
      return found.isFile() ? [[name, sha256Hex(readFileSync(path))]] : [];
    }),
  );
}

/** One line for each thing that was seen or is stored: what two worlds have to share, and where they differ if they do not. */
export type Evidence = readonly string[];

export const evidenceOfFolder = (label: string, dir: string): Evidence =>
  [...filesBelow(dir)].map(([name, digest]) => `${label}/${name} ${digest}`);

export const digestOf = (evidence: Evidence): string => sha256Hex(evidence.join("\n"));

/** The first lines that only one of the two has. */
export function difference(a: Evidence, b: Evidence): string | null {
  const [left, right] = [new Set(a), new Set(b)];
  const only = [
    ...a.filter((line) => !right.has(line)).map((line) => `- ${line}`),
    ...b.filter((line) => !left.has(line)).map((line) => `+ ${line}`),
  ];
  if (only.length > 0)
    return only
      .slice(0, 6)
      .map((line) => line.slice(0, 300))
      .join("\n");
  return a.join("\n") === b.join("\n") ? null : "the same lines in another order";
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A flash that is no longer than this is a short one. */
const SHORT_MS = 400;
/** Dark for so long, a pattern begins anew. */
const PAUSE_MS = 600;

/**
 * What a light on a simulated header has shown so far: `L` a long flash, `s` a short one, `_` a pause.
 * @param dir - Of the gpiod programs of test/fakes/gpiod-programs.ts.
 */
export async function lightTrace(dir: string, bcm: number): Promise<string> {
  const text = await readFile(join(dir, "times"), "utf8").catch(() => "");
  const changes = text
    .split("\n")
    .map((line) => /^(\d+) (\d+)=([01])$/.exec(line))
    .filter((found) => found !== null && Number(found[2]) === bcm)
    .map((found) => ({ atMs: Number(found?.[1]), isLit: found?.[3] === "1" }));
  return changes
    .slice(0, -1)
    .map(({ atMs, isLit }, i) => {
      const ms = (changes[i + 1]?.atMs ?? atMs) - atMs;
      if (isLit) return ms <= SHORT_MS ? "s" : "L";
      return ms >= PAUSE_MS ? "_" : "";
    })
    .join("");
}

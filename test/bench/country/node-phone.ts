/** A phone in Node: follows the log in a folder, and prints what that took. Arguments: folder, what to follow as JSON, `floor` or `phone`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import type { TileSource } from "../../../src/protocol/tlog/tiles.ts";
import { followYear, type YearToFollow } from "./follow-year.ts";

const [dir = "", json = "", what = "phone"] = process.argv.slice(2);
const year = JSON.parse(json) as YearToFollow;
const source: TileSource = {
  get: (path) => Promise.resolve(readFileSync(join(dir, path))),
};

const residentBefore = process.memoryUsage().rss;
const before = process.cpuUsage();
const result = what === "floor" ? floor() : await followYear(nodeCrypto, year, source);
const { user, system } = process.cpuUsage(before);
const peakBytes = process.resourceUsage().maxRSS * 1024 - residentBefore;
process.stdout.write(
  JSON.stringify({ ...result, memory: undefined, cpuSeconds: (user + system) / 1e6, peakMiB: peakBytes / 2 ** 20 }),
);

/** The least that any follower does: every bundle is read, every entry's JSON is parsed, and every entry is hashed. */
function floor(): { readonly entries: number } {
  let entries = 0;
  for (let index = 0; ; index += 1) {
    const bundle = bundleAt(index);
    if (bundle === null) return { entries };
    for (let at = 0; at < bundle.length; ) {
      const length = bundle.readUInt16BE(at);
      const entry = bundle.subarray(at + 2, at + 2 + length);
      JSON.parse(entry.toString("utf8"));
      nodeCrypto.sha256(entry);
      entries += 1;
      at += 2 + length;
    }
  }
}

function bundleAt(index: number): Buffer | null {
  const name = `x${String(Math.floor(index / 1000)).padStart(3, "0")}`;
  const path = index < 1000 ? String(index).padStart(3, "0") : `${name}/${String(index % 1000).padStart(3, "0")}`;
  try {
    return readFileSync(join(dir, "tile/entries", path));
  } catch {
    return null;
  }
}

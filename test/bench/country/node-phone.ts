/** A phone in Node: follows the log in a folder, and prints what that took. Arguments: folder, what to follow as JSON, `floor` or `phone`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import type { TileSource } from "../../../src/protocol/tlog/tiles.ts";
import { followYear, type YearToFollow } from "./follow-year.ts";
import { floorOfYear } from "./year-floor.ts";

const [dir = "", json = "", what = "phone"] = process.argv.slice(2);
const year = JSON.parse(json) as YearToFollow;
const source: TileSource = {
  get: (path) => Promise.resolve(readFileSync(join(dir, path))),
};

const residentBefore = process.memoryUsage().rss;
/** Not getrusage's, which begins with that of the process that made this one. */
const peakBytes = (): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024;
const before = process.cpuUsage();
const { entries, matches } = await (what === "floor" ? floorOfYear : followYear)(nodeCrypto, year, source);
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  JSON.stringify({
    entries,
    matches,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: (peakBytes() - residentBefore) / 2 ** 20,
  }),
);

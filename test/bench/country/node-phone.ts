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
const before = process.cpuUsage();
const { entries, matches } = await (what === "floor" ? floorOfYear : followYear)(nodeCrypto, year, source);
const { user, system } = process.cpuUsage(before);
const peakBytes = process.resourceUsage().maxRSS * 1024 - residentBefore;
process.stdout.write(
  JSON.stringify({ entries, matches, cpuSeconds: (user + system) / 1e6, peakMiB: peakBytes / 2 ** 20 }),
);

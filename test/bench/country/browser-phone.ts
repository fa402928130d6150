/** A phone in a page: `follow(year, what)` for the bench to call. */
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import type { TileSource } from "../../../src/protocol/tlog/tiles.ts";
import { followYear, type YearToFollow } from "./follow-year.ts";
import { floorOfYear } from "./year-floor.ts";

const source: TileSource = {
  async get(path) {
    const response = await fetch(`/log/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  },
};

async function follow(
  year: YearToFollow,
  what: "phone" | "floor",
): Promise<{ readonly entries: number; readonly matches: number }> {
  const { entries, matches } = await (what === "floor" ? floorOfYear : followYear)(portableCrypto, year, source);
  return { entries, matches };
}

Object.assign(globalThis, { follow });

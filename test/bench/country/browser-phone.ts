/** A phone in a page: `follow(year)` for the bench to call. */
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import type { TileSource } from "../../../src/protocol/tlog/tiles.ts";
import { followYear, type YearToFollow } from "./follow-year.ts";

const source: TileSource = {
  async get(path) {
    const response = await fetch(`/log/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  },
};

async function follow(year: YearToFollow): Promise<{ readonly entries: number; readonly matches: number }> {
  const { entries, matches } = await followYear(portableCrypto, year, source);
  return { entries, matches };
}

Object.assign(globalThis, { follow });

/** What a phone does with a country's log, the same in Node and in a browser; the bench runs it in either. */

import type { Crypto } from "../../../src/protocol/crypto.ts";
import { covers, type Place } from "../../../src/protocol/register/area.ts";
import { followRegister, objectionTo, type RegisterMemory } from "../../../src/protocol/register/follow-register.ts";
import { readLeaf } from "../../../src/protocol/register/leaf.ts";
import { parseLogPolicy } from "../../../src/protocol/tlog/checkpoint.ts";
import type { TileSource } from "../../../src/protocol/tlog/tiles.ts";

export interface YearToFollow {
  readonly logKey: string;
  readonly witnessKey: string;
  readonly home: Place;
  readonly nowSeconds: number;
  /** Of the whole log. */
  readonly entries: number;
}

export interface FollowedYear {
  readonly entries: number;
  /** Requests around the home whose every signature was checked. */
  readonly matches: number;
  readonly memory: RegisterMemory;
}

/** Catches up from what is remembered, or from nothing, and checks each request around the home. */
export async function followYear(
  crypto: Crypto,
  { logKey, witnessKey, home, nowSeconds }: YearToFollow,
  source: TileSource,
  memory: RegisterMemory | null = null,
): Promise<FollowedYear> {
  const policy = parseLogPolicy(crypto, { logKey, witnesses: [witnessKey], quorum: 1 });
  const followed = await followRegister(crypto, policy, memory, source, {
    nowSeconds,
    keeps: ({ kind, statement }) => kind === "request" && covers(statement.payload.area, home),
  });
  let matches = 0;
  for (const { bytes } of followed.memory.leaves) {
    const { entry } = readLeaf(crypto, bytes);
    if (entry.kind !== "request" || !covers(entry.statement.payload.area, home)) continue;
    if (objectionTo(followed.book, { entry }) === null) matches += 1;
  }
  return { entries: followed.checkpoint.size, matches, memory: followed.memory };
}

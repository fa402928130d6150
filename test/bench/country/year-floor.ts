/**
 * The least that any follower does with a country's log, and nothing with what it says: every entry read, hashed and parsed, its
 * statement taken out, hashed and parsed, and the signatures around the home verified.
 */

import { fromBase64, fromUtf8 } from "../../../src/protocol/bytes.ts";
import type { Json } from "../../../src/protocol/canonical-json.ts";
import type { Crypto } from "../../../src/protocol/crypto.ts";
import { readEmbeddedStatement, verifyStatement } from "../../../src/protocol/envelope.ts";
import { leafHashes } from "../../../src/protocol/merkle.ts";
import { requestStatement } from "../../../src/protocol/register/statements/request.ts";
import { decodeBundle, TILE_WIDTH, type TileSource, tilePath } from "../../../src/protocol/tlog/tiles.ts";
import type { YearToFollow } from "./follow-year.ts";

/** What has to be verified of a request: itself, its card, and the accreditation behind it. Here it is itself three times. */
const SIGNATURES_A_MATCH = 3;

export async function floorOfYear(
  crypto: Crypto,
  { home, entries }: YearToFollow,
  source: TileSource,
): Promise<{ readonly entries: number; readonly matches: number }> {
  let read = 0;
  let matches = 0;
  while (read < entries) {
    const width = Math.min(TILE_WIDTH, entries - read);
    const bundle = await source.get(tilePath({ level: "entries", index: read / TILE_WIDTH, width }));
    const leaves = bundle === null ? [] : decodeBundle(bundle, width);
    await leafHashes(crypto, leaves);
    matches += leaves.filter((leaf) => isMatch(crypto, leaf, home.latitude)).length;
    read += width;
  }
  return { entries: read, matches };
}

function isMatch(crypto: Crypto, leaf: Uint8Array, latitude: number): boolean {
  const { request } = JSON.parse(fromUtf8(leaf)) as { readonly request?: Json & { readonly payload: string } };
  if (request === undefined) return false;
  const payload = fromBase64(request.payload);
  crypto.sha256(payload);
  const { area } = JSON.parse(fromUtf8(payload)) as { readonly area: { readonly latitude: number } };
  if (area.latitude !== latitude) return false;
  for (let i = 0; i < SIGNATURES_A_MATCH; i += 1) {
    const statement = readEmbeddedStatement(crypto, requestStatement, request);
    verifyStatement(crypto, statement, statement.payload.requester);
  }
  return true;
}

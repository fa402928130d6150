/** Catching up with a log: from the checkpoint that was seen last to the newest, believing nothing that is not proven. */

import { equalBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { type LogPolicy, type OpenCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { LogError } from "./errors.ts";
import { CHECKPOINT_PATH, TILE_WIDTH, type TileSource } from "./tiles.ts";
import { getFrom, TreeReader } from "./tree-reader.ts";

/** Bundles that are asked for before the one in hand is done with: hides the way to a far mirror, bounds the memory. */
const BUNDLES_AHEAD = 3;

/** What a follower keeps: the newest checkpoint whose entries it has all read. */
export interface SeenCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** The whole signed note, as evidence should the log deny it. */
  readonly checkpoint: Uint8Array;
}

export interface LogEntry {
  readonly index: number;
  /** A view of a bundle's bytes: copy what is to be kept. */
  readonly bytes: Uint8Array;
}

export interface FollowedLog {
  readonly checkpoint: OpenCheckpoint;
  /** To be kept in place of the one before, once {@link entries} has ended without an error. */
  readonly seen: SeenCheckpoint;
  /** The entries since, in order, each proven to be the log's before it is given. Throws {@link LogError}. May be read once. */
  readonly entries: AsyncIterable<LogEntry>;
}

/**
 * 1. The checkpoint is the log's, cosigned by a quorum, and recent (docs/protocol.md, "The log").
 * 2. It is no smaller than the one seen, and its tree begins with that one's: else there is evidence in the error.
 * 3. All bundles between the two sizes are fetched whole, the first from its beginning, and lead to the signed root.
 * What is fetched depends on the two sizes alone.
 * @param seen - Null for the first time: then from the first entry.
 * @throws {@link LogError} `log/unreachable`, `log/missing`, `log/malformed`, `log/other-origin`, `log/unsigned`, `log/unwitnessed`,
 * `log/stale`, `log/shrunk`, `log/forked`, `log/damaged`, `log/policy`.
 */
export async function followLog(
  crypto: Crypto,
  policy: LogPolicy,
  seen: SeenCheckpoint | null,
  source: TileSource,
): Promise<FollowedLog> {
  const bytes = await getFrom(source, CHECKPOINT_PATH);
  if (bytes === null) throw new LogError("log/missing", "there is no checkpoint");
  const checkpoint = openCheckpoint(crypto, policy, bytes);
  const tree = new TreeReader(crypto, source, checkpoint);
  if (seen !== null) await expectGrownFrom(seen, checkpoint, tree);
  return {
    checkpoint,
    seen: { size: checkpoint.size, root: checkpoint.root, checkpoint: bytes },
    entries: entriesSince(tree, seen?.size ?? 0),
  };
}

/** @throws {@link LogError} `log/shrunk`, `log/forked`, both with evidence; `log/damaged` and others as {@link TreeReader.subtree}. */
export async function expectGrownFrom(
  older: SeenCheckpoint,
  newer: Pick<OpenCheckpoint, "size" | "root" | "bytes">,
  tree: TreeReader,
): Promise<void> {
  const evidence = { older: older.checkpoint, newer: newer.bytes };
  if (newer.size < older.size) {
    throw new LogError("log/shrunk", `${newer.size} entries, where there were ${older.size}`, { evidence });
  }
  const root = newer.size === older.size ? newer.root : await tree.subtree(0, older.size);
  if (!equalBytes(root, older.root)) {
    // Tiles that lead to the newer root lead elsewhere than to the older: whatever the mirror did, the log signed both.
    throw new LogError("log/forked", `two trees of ${older.size} entries, both signed`, { evidence });
  }
}

async function* entriesSince(tree: TreeReader, first: number): AsyncGenerator<LogEntry> {
  const end = Math.ceil(tree.size / TILE_WIDTH);
  const ahead: Promise<Uint8Array>[] = [];
  let next = Math.floor(first / TILE_WIDTH);
  if (first === tree.size) return;
  for (let index = next; index < end; index += 1) {
    for (; next < end && ahead.length <= BUNDLES_AHEAD; next += 1) {
      const fetching = tree.fetchBundle(next);
      fetching.catch(() => {}); // told when its turn comes, or never if nobody reads on
      ahead.push(fetching);
    }
    const bytes = await ahead.shift();
    if (bytes === undefined) return;
    const entries = await tree.openBundle(index, bytes);
    for (const [i, entry] of entries.entries()) {
      const place = index * TILE_WIDTH + i;
      if (place >= first) yield { index: place, bytes: entry };
    }
  }
}

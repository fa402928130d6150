/** Two views of one log: are they of one history? */

import { fromUtf8 } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { type LogPolicy, openSignedCheckpoint } from "./checkpoint.ts";
import type { ForkEvidence } from "./errors.ts";
import { expectGrownFrom } from "./follow-log.ts";
import type { TileSource } from "./tiles.ts";
import { TreeReader } from "./tree-reader.ts";

/**
 * Compares what two people were shown. Both must be signed by the log; cosignatures are not asked for, since a fork is one without.
 * @param source - Where the tiles of the larger tree are; asked only when the sizes differ.
 * @throws {@link LogError} `log/forked` with both checkpoints as evidence; `log/malformed`, `log/other-origin`, `log/unsigned`;
 * `log/damaged`, `log/missing`, `log/unreachable` when the tiles cannot tell.
 */
export async function compareCheckpoints(
  crypto: Crypto,
  policy: Pick<LogPolicy, "origin" | "logKey">,
  one: Uint8Array,
  other: Uint8Array,
  source: TileSource,
): Promise<{ readonly olderSize: number; readonly newerSize: number }> {
  const opened = [one, other].map((bytes) => ({ ...openSignedCheckpoint(crypto, policy, bytes), bytes }));
  const [older, newer] = opened.toSorted((a, b) => a.size - b.size);
  if (older === undefined || newer === undefined) throw new RangeError("two checkpoints are compared");
  const seen = { size: older.size, root: older.root, checkpoint: older.bytes };
  await expectGrownFrom(seen, newer, new TreeReader(crypto, source, newer));
  return { olderSize: older.size, newerSize: newer.size };
}

/** Both signed notes, to be printed or published: whoever has the log's key can check them. */
export function describeEvidence({ older, newer }: ForkEvidence): string {
  return ["First checkpoint:", "", fromUtf8(older), "Second checkpoint:", "", fromUtf8(newer)].join("\n");
}

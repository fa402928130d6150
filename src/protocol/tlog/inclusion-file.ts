/** Proof that an entry is in a log, in one file that anyone checks offline: c2sp.org/tlog-proof. */

import { concatBytes, fromBase64, fromUtf8, toBase64, utf8 } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { leafHash } from "../merkle.ts";
import { encodeHashLines, parseHashLines } from "./add-checkpoint.ts";
import { type LogPolicy, type OpenCheckpoint, openCheckpoint, parseDecimal } from "./checkpoint.ts";
import { LogError } from "./errors.ts";
import { MAX_NOTE_BYTES, strictly } from "./note.ts";
import { verifyInclusion } from "./proofs.ts";

export interface InclusionFile {
  readonly index: number;
  /** Siblings from the leaf up. */
  readonly proof: readonly Uint8Array[];
  /** Whole signed note. */
  readonly checkpoint: Uint8Array;
  /** Whatever the application adds. Nothing vouches for it. */
  readonly extra?: Uint8Array;
}

const FIRST_LINE = "c2sp.org/tlog-proof@v1";
/** A note, 63 hashes, and as much of an extra as an entry may have. */
const MAX_FILE_BYTES = 2 * MAX_NOTE_BYTES;

export function encodeInclusionFile({ index, proof, checkpoint, extra }: InclusionFile): Uint8Array {
  const extraLine = extra === undefined ? "" : `extra ${toBase64(extra)}\n`;
  return concatBytes(utf8(`${FIRST_LINE}\n${extraLine}index ${index}\n${encodeHashLines(proof)}\n`), checkpoint);
}

/** Takes a proof apart; proves nothing. @throws {@link LogError} `log/malformed`. */
export function parseInclusionFile(bytes: Uint8Array): InclusionFile {
  if (bytes.length > MAX_FILE_BYTES) throw new LogError("log/malformed", "a proof that is too long");
  const whole = strictly("log/malformed", "proof", () => fromUtf8(bytes));
  const split = whole.indexOf("\n\n");
  const [first, ...lines] = whole.slice(0, Math.max(split, 0)).split("\n");
  if (first !== FIRST_LINE) throw new LogError("log/malformed", `a proof that does not begin with ${FIRST_LINE}`);
  const extra = lines[0]?.startsWith("extra ") === true ? lines.shift()?.slice("extra ".length) : undefined;
  const index = /^index (.+)$/.exec(lines.shift() ?? "")?.[1];
  if (index === undefined) throw new LogError("log/malformed", "a proof without an index");
  return {
    index: parseDecimal(index),
    proof: parseHashLines(lines),
    checkpoint: utf8(whole.slice(split + 2)),
    ...(extra === undefined ? {} : { extra: strictly("log/malformed", "extra", () => fromBase64(extra)) }),
  };
}

/**
 * Checks that an entry is in a log that is signed and cosigned as the policy says.
 * @param entry - The whole entry as it stands in the log.
 * @throws {@link LogError} as {@link openCheckpoint}, and `log/not-included`.
 */
export function verifyInclusionFile(
  crypto: Crypto,
  policy: LogPolicy,
  entry: Uint8Array,
  bytes: Uint8Array,
): { readonly index: number; readonly checkpoint: OpenCheckpoint } {
  const { index, proof, checkpoint: note } = parseInclusionFile(bytes);
  const checkpoint = openCheckpoint(crypto, policy, note);
  if (!verifyInclusion(crypto, leafHash(crypto, entry), index, checkpoint.size, proof, checkpoint.root)) {
    throw new LogError("log/not-included", `the entry is not number ${index} of ${checkpoint.size}`);
  }
  return { index, checkpoint };
}

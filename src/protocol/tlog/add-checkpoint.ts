/** What a log asks a witness for, c2sp.org/tlog-witness: `add-checkpoint`, as text. */

import { concatBytes, fromUtf8, toBase64, utf8 } from "../bytes.ts";
import { parseDecimal, parseHash } from "./checkpoint.ts";
import { LogError } from "./errors.ts";
import { MAX_NOTE_BYTES, strictly } from "./note.ts";
import { MAX_PROOF_LENGTH } from "./proofs.ts";

export interface AddCheckpoint {
  /** Size of the tree that the witness cosigned last, as the asker believes. */
  readonly oldSize: number;
  /** From the old size to the checkpoint's. */
  readonly proof: readonly Uint8Array[];
  /** Whole signed note. */
  readonly checkpoint: Uint8Array;
}

const HASH_LINE_BYTES = 45;
const OLD_LINE_BYTES = 32;
export const MAX_ADD_CHECKPOINT_BYTES = OLD_LINE_BYTES + MAX_PROOF_LENGTH * HASH_LINE_BYTES + 1 + MAX_NOTE_BYTES;

/** What a 409 answer is marked with; its body is the witness's size. */
export const SIZE_CONTENT_TYPE = "text/x.tlog.size";

export function encodeAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  return concatBytes(utf8(`old ${oldSize}\n${encodeHashLines(proof)}\n`), checkpoint);
}

export const encodeHashLines = (hashes: readonly Uint8Array[]): string =>
  hashes.map((hash) => `${toBase64(hash)}\n`).join("");

/** At most 63 lines of one hash each. @throws {@link LogError} `log/malformed`. */
export function parseHashLines(lines: readonly string[]): Uint8Array[] {
  if (lines.length > MAX_PROOF_LENGTH) throw new LogError("log/malformed", "a proof of more than 63 hashes");
  return lines.map(parseHash);
}

/**
 * Takes a request apart; the checkpoint in it is not read.
 * @param bytes - Every byte is the sender's.
 * @throws {@link LogError} `log/malformed`.
 */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  if (bytes.length > MAX_ADD_CHECKPOINT_BYTES) throw new LogError("log/malformed", "a request that is too long");
  const whole = strictly("log/malformed", "request", () => fromUtf8(bytes));
  const split = whole.indexOf("\n\n");
  if (split < 0) throw new LogError("log/malformed", "a request without an empty line");
  const [first, ...hashes] = whole.slice(0, split).split("\n");
  const oldSize = /^old (.+)$/.exec(first ?? "")?.[1];
  if (oldSize === undefined) throw new LogError("log/malformed", "a request without its old size");
  return {
    oldSize: parseDecimal(oldSize),
    proof: parseHashLines(hashes),
    checkpoint: utf8(whole.slice(split + 2)),
  };
}

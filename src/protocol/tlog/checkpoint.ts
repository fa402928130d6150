/** Checkpoints (c2sp.org/tlog-checkpoint): what a log signs, what its witnesses cosign, and who is believed. */

import { fromBase64, toBase64 } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import type { Signer } from "../envelope.ts";
import { LogError } from "./errors.ts";
import {
  checkNote,
  encodeNote,
  type NoteSignature,
  parseNote,
  parseVerifierKey,
  type SignedNote,
  signNote,
  strictly,
  type VerifierKey,
} from "./note.ts";

/** The head of a log's tree. */
export interface Checkpoint {
  readonly origin: string;
  /** Number of entries; at most 2^53-1 here. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Lines after the third, which mean nothing here; what signatures cover all the same. */
  readonly extensions?: readonly string[];
}

/** Whom a log is believed on. */
export interface LogPolicy {
  readonly origin: string;
  readonly logKey: VerifierKey;
  readonly witnesses: readonly VerifierKey[];
  /** How many of the witnesses must have cosigned. */
  readonly quorum: number;
  /** When given, the quorum's cosignatures must be no further from `nowSeconds` than this. */
  readonly freshness?: { readonly nowSeconds: number; readonly maxAgeSeconds: number };
}

/** A checkpoint whose signature and quorum of cosignatures hold. */
export interface OpenCheckpoint extends Required<Checkpoint> {
  /** The whole signed note, as evidence. */
  readonly bytes: Uint8Array;
  /** Of the policy's witnesses that cosigned it; times in seconds since 1970. */
  readonly cosignatures: readonly { readonly name: string; readonly time: number }[];
}

/** The same policy from texts, as configuration has them. @throws {@link LogError} `log/key`, `log/policy`. */
export function parseLogPolicy(
  crypto: Crypto,
  texts: {
    /** Default: the name of the log's key. */
    readonly origin?: string;
    readonly logKey: string;
    readonly witnesses: readonly string[];
    readonly quorum: number;
  },
): LogPolicy {
  const logKey = parseVerifierKey(crypto, texts.logKey);
  const policy: LogPolicy = {
    origin: texts.origin ?? logKey.name,
    logKey,
    witnesses: texts.witnesses.map((text) => parseVerifierKey(crypto, text)),
    quorum: texts.quorum,
  };
  assertPolicy(policy);
  return policy;
}

/**
 * One key under two names would be two voices of one witness: a cosignature does not cover the cosigner's name.
 * @throws {@link LogError} `log/policy`.
 */
function assertPolicy({ logKey, witnesses, quorum }: LogPolicy): void {
  const refuse = (message: string): never => {
    throw new LogError("log/policy", message);
  };
  if (logKey.type !== "ed25519") refuse("a log's own key is of type 0x01");
  for (const { type, name } of witnesses)
    if (type !== "cosignature/v1") refuse(`${name} is not a witness's key (type 0x04)`);
  const keys = [logKey, ...witnesses].map(({ publicKey }) => toBase64(publicKey));
  if (new Set(keys).size !== keys.length) refuse("two of the keys are the same");
  if (!Number.isInteger(quorum) || quorum < 0 || quorum > witnesses.length) {
    refuse(`a quorum of ${quorum} out of ${witnesses.length} witnesses`);
  }
}

/** The text that is signed. @throws RangeError for a checkpoint that no reader would take: a mistake of the caller. */
export function checkpointText({ origin, size, root, extensions = [] }: Checkpoint): string {
  const lines = [origin, String(size), toBase64(root), ...extensions];
  const isLine = (line: string): boolean => line !== "" && !/\p{Cc}/u.test(line);
  if (!lines.every(isLine) || root.length !== 32 || !Number.isSafeInteger(size) || size < 0) {
    throw new RangeError("not a checkpoint");
  }
  return `${lines.join("\n")}\n`;
}

export async function signCheckpoint(checkpoint: Checkpoint, logKey: VerifierKey, signer: Signer): Promise<Uint8Array> {
  const text = checkpointText(checkpoint);
  return encodeNote({ text, signatures: [await signNote(text, logKey, signer)] });
}

/** Adds signature lines that are not there yet. @throws {@link LogError} `log/malformed`. */
export function addSignatures(checkpoint: Uint8Array, more: readonly NoteSignature[]): Uint8Array {
  const { text, signatures } = parseNote(checkpoint);
  return encodeNote({ text, signatures: [...signatures, ...more] });
}

const SIZE = /^(?:0|[1-9][0-9]*)$/;

/** A decimal number without leading zeros, as every text of C2SP has sizes and places. @throws {@link LogError} `log/malformed`. */
export function parseDecimal(text: string): number {
  const value = Number(text);
  if (!SIZE.test(text) || !Number.isSafeInteger(value)) throw new LogError("log/malformed", "not a decimal number");
  return value;
}

/** 32 bytes of strict base64. @throws {@link LogError} `log/malformed`. */
export function parseHash(text: string): Uint8Array {
  const hash = strictly("log/malformed", "hash", () => fromBase64(text));
  if (hash.length !== 32) throw new LogError("log/malformed", `a hash of ${hash.length} bytes`);
  return hash;
}

/** Reads the text of a note as a checkpoint; who signed it is not asked. @throws {@link LogError} `log/malformed`. */
export function parseCheckpointText(text: string): Required<Checkpoint> {
  const [origin, size, root, ...rest] = text.split("\n");
  if (origin === undefined || size === undefined || root === undefined || rest.pop() !== "") {
    throw new LogError("log/malformed", "a checkpoint of fewer than three lines");
  }
  if (origin === "" || rest.includes("")) throw new LogError("log/malformed", "a checkpoint with an empty line");
  return { origin, size: parseDecimal(size), root: parseHash(root), extensions: rest };
}

export interface SignedCheckpoint extends Required<Checkpoint> {
  readonly note: SignedNote;
}

/**
 * Checks that the log itself signed it; cosignatures are not looked at.
 * @param bytes - Whole signed note; every byte is the sender's.
 * @throws {@link LogError} `log/malformed`, `log/other-origin`, `log/unsigned`.
 */
export function openSignedCheckpoint(
  crypto: Crypto,
  { origin, logKey }: Pick<LogPolicy, "origin" | "logKey">,
  bytes: Uint8Array,
): SignedCheckpoint {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpointText(note.text);
  if (checkpoint.origin !== origin) throw new LogError("log/other-origin", `a checkpoint of ${checkpoint.origin}`);
  const { verdict } = checkNote(crypto, note, logKey);
  if (verdict === "absent") throw new LogError("log/unsigned", `no signature of ${logKey.name}`);
  if (verdict === "false") throw new LogError("log/unsigned", `the signature of ${logKey.name} does not verify`);
  return { ...checkpoint, note };
}

/**
 * Checks signature, then cosignatures, then their age. A known witness's line that does not verify makes the whole note void.
 * @param bytes - Whole signed note; every byte is the sender's.
 * @throws {@link LogError} as {@link openSignedCheckpoint}, then `log/unwitnessed`, `log/stale`; `log/policy` for a bad policy.
 */
export function openCheckpoint(crypto: Crypto, policy: LogPolicy, bytes: Uint8Array): OpenCheckpoint {
  assertPolicy(policy);
  const { note, ...checkpoint } = openSignedCheckpoint(crypto, policy, bytes);
  const cosignatures = policy.witnesses.flatMap((witness) => {
    const said = checkNote(crypto, note, witness);
    if (said.verdict === "false") {
      throw new LogError("log/unwitnessed", `the cosignature of ${witness.name} does not verify`);
    }
    return said.verdict === "true" ? [{ name: witness.name, time: said.time ?? 0 }] : [];
  });
  if (cosignatures.length < policy.quorum) {
    throw new LogError("log/unwitnessed", `${cosignatures.length} of ${policy.quorum} needed cosignatures`);
  }
  const { freshness, quorum } = policy;
  if (freshness !== undefined) {
    const { nowSeconds, maxAgeSeconds } = freshness;
    const fresh = cosignatures.filter(({ time }) => Math.abs(nowSeconds - time) <= maxAgeSeconds);
    if (fresh.length < quorum)
      throw new LogError("log/stale", `${fresh.length} of ${quorum} needed cosignatures are recent`);
  }
  return { ...checkpoint, bytes, cosignatures };
}

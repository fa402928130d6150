import { compareBytes, equalBytes } from "../protocol/bytes.ts";
import { MAX_FRAGMENT_BYTES } from "../protocol/clip-file.ts";
import { isLane } from "../protocol/clip-keys.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { openSelfSigned, openStatement } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { encodeLeaf, type LeafData } from "../protocol/fragment.ts";
import { leafHash, leafPosition, merkleRoot, totalLeaves } from "../protocol/merkle.ts";
import { clipKeyStatement } from "../protocol/statements/clip-key.ts";
import { type Manifest, manifestStatement } from "../protocol/statements/manifest.ts";
import { OwnerError } from "./errors.ts";

/** A clip without its fragments, as the doorbell sends it: every byte may be wrong. */
export interface ClipHead {
  readonly clip: Uint8Array;
  readonly day: number;
  readonly wraps: readonly Uint8Array[];
  readonly leaves: readonly LeafData[];
  /** Envelopes; null while the clip is open. */
  readonly manifest: Uint8Array | null;
  readonly clipKey: Uint8Array | null;
}

/** Where clips come from: the doorbell over the link, or a file. */
export interface ClipSource {
  head(clip: Uint8Array): Promise<ClipHead>;
  /** Ciphertexts of consecutive leaves of one lane; null where one cannot be read. */
  fragments(clip: Uint8Array, leaves: readonly LeafData[]): Promise<(Uint8Array | null)[]>;
  /** Told that a film of it will be streamed, before its head is asked for: what it begins with may be fetched already. */
  expectFilm?(clip: Uint8Array): void;
}

/** A clip whose leaf data are what this doorbell signed. */
export interface VerifiedClip {
  readonly clip: Uint8Array;
  readonly day: number;
  readonly wraps: readonly Uint8Array[];
  readonly leaves: readonly LeafData[];
  readonly manifest: Manifest;
  readonly manifestDigest: Uint8Array;
  /** The `clip-key` statement: proves which doorbell sealed the clip. */
  readonly clipKeyEnvelope: Uint8Array;
}

const damaged = (message: string, cause?: unknown): OwnerError =>
  new OwnerError("owner/clip-damaged", message, { cause });

/**
 * Checks manifest, clip-key statement and leaf data against the doorbell's key. The fragments are checked when they are opened.
 * @throws OwnerError `owner/clip-open`, `owner/clip-damaged`.
 */
export function verifyClip(crypto: Crypto, deviceKey: Uint8Array, clip: Uint8Array, head: ClipHead): VerifiedClip {
  if (head.manifest === null || head.clipKey === null)
    throw new OwnerError("owner/clip-open", "the clip is not closed");
  const statements = openStatements(crypto, deviceKey, head.manifest, head.clipKey);
  const { manifest, binding } = statements;
  const isBound =
    equalBytes(head.clip, clip) &&
    equalBytes(manifest.clip, clip) &&
    equalBytes(binding.clip, clip) &&
    equalBytes(binding.device, deviceKey) &&
    equalBytes(binding.clipKey, manifest.clipKey);
  if (!isBound) throw damaged("manifest and clip key belong to another clip or doorbell");
  // A length is the doorbell's word for what the phone will collect before it can compare a hash.
  const isInPlace = ({ lane, index, length }: LeafData, position: number): boolean =>
    isLane(lane) && leafPosition(manifest.leaves, lane, index) === position && length <= MAX_FRAGMENT_BYTES;
  if (head.leaves.length !== totalLeaves(manifest.leaves) || !head.leaves.every(isInPlace)) {
    throw damaged("fragments are missing from the list, there twice, or too long");
  }
  const root = merkleRoot(
    crypto,
    head.leaves.map((leaf) => leafHash(crypto, encodeLeaf(leaf))),
  );
  if (compareBytes(root, manifest.root) !== 0) throw damaged("the list of fragments is not the one that was signed");
  const { day, wraps, leaves, clipKey } = head;
  return { clip, day, wraps, leaves, manifest, manifestDigest: statements.digest, clipKeyEnvelope: clipKey };
}

function openStatements(crypto: Crypto, deviceKey: Uint8Array, manifestEnvelope: Uint8Array, clipKey: Uint8Array) {
  try {
    const manifest = openSelfSigned(crypto, manifestStatement, manifestEnvelope, (payload) => payload.clipKey);
    const binding = openStatement(crypto, clipKeyStatement, clipKey, deviceKey);
    return { manifest: manifest.payload, digest: manifest.digest, binding: binding.payload };
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw damaged("manifest or clip key is not signed by this doorbell", cause);
  }
}

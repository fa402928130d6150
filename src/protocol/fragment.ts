/** A fragment and its leaf data: what the clip's Merkle tree, its file and every share know of it. */

import { concatBytes, equalBytes, readU32, u32 } from "./bytes.ts";
import { fragmentNonce, keyCommitment } from "./clip-keys.ts";
import type { Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";

export interface LeafData {
  /** 1 to 4; 0 only in a clip file's closing records. */
  readonly lane: number;
  readonly index: number;
  /** Of the ciphertext, in bytes. */
  readonly length: number;
  readonly ciphertextHash: Uint8Array;
  readonly keyCommitment: Uint8Array;
}

export interface SealedFragment {
  readonly leaf: LeafData;
  readonly ciphertext: Uint8Array;
}

export const LEAF_BYTES = 73;

/** `lane 1 · index 4 · ciphertext length 4 · SHA-256(ciphertext) 32 · key commitment 32` */
export function encodeLeaf(leaf: LeafData): Uint8Array {
  const { lane, index, length, ciphertextHash, keyCommitment: commitment } = leaf;
  return concatBytes(Uint8Array.of(lane), u32(index), u32(length), ciphertextHash, commitment);
}

/** @throws {@link ProtocolError} `leaf/shape`. */
export function decodeLeaf(bytes: Uint8Array): LeafData {
  const lane = bytes[0];
  if (bytes.length !== LEAF_BYTES || lane === undefined || lane > 4) {
    throw new ProtocolError("leaf/shape", "leaf data of a wrong length or lane");
  }
  return {
    lane,
    index: readU32(bytes, 1),
    length: readU32(bytes, 5),
    ciphertextHash: bytes.slice(9, 41),
    keyCommitment: bytes.slice(41, 73),
  };
}

/**
 * Seals one fragment.
 * @param fragmentKey - Used for this one fragment only.
 * @param plain - Read only; the caller wipes it.
 */
export function sealFragment(
  crypto: Crypto,
  clip: Uint8Array,
  lane: number,
  index: number,
  fragmentKey: Uint8Array,
  plain: Uint8Array,
): SealedFragment {
  const nonce = fragmentNonce(clip, lane, index);
  const ciphertext = crypto.secretbox(plain, nonce, fragmentKey);
  const leaf = {
    lane,
    index,
    length: ciphertext.length,
    ciphertextHash: crypto.sha256(ciphertext),
    keyCommitment: keyCommitment(crypto, fragmentKey, nonce),
  };
  return { leaf, ciphertext };
}

export function isCiphertextOf(crypto: Crypto, leaf: LeafData, ciphertext: Uint8Array): boolean {
  return ciphertext.length === leaf.length && equalBytes(crypto.sha256(ciphertext), leaf.ciphertextHash);
}

/**
 * Opens a fragment; the leaf must already be known to belong to the clip.
 * @throws {@link ProtocolError} `fragment/ciphertext-hash`, `fragment/key-commitment`, `fragment/open`, in this order.
 */
export function openFragment(
  crypto: Crypto,
  clip: Uint8Array,
  leaf: LeafData,
  fragmentKey: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  const place = `fragment ${leaf.lane}/${leaf.index}`;
  if (!isCiphertextOf(crypto, leaf, ciphertext)) {
    throw new ProtocolError("fragment/ciphertext-hash", `${place} is not the one its leaf names`);
  }
  const nonce = fragmentNonce(clip, leaf.lane, leaf.index);
  if (!equalBytes(keyCommitment(crypto, fragmentKey, nonce), leaf.keyCommitment)) {
    throw new ProtocolError("fragment/key-commitment", `the key of ${place} is not the committed one`);
  }
  const plain = crypto.openSecretbox(ciphertext, nonce, fragmentKey);
  if (plain === null) throw new ProtocolError("fragment/open", `${place} does not open under its key`);
  return plain;
}

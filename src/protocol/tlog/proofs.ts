/** Inclusion and consistency proofs of RFC 6962, 2.1: checked from bytes alone, and made by whoever can read the tree. */

import { equalBytes } from "../bytes.ts";
import type { Crypto } from "../crypto.ts";
import { nodeHash, splitOf, verifyPath } from "../merkle.ts";

/** Hashes in a proof of any tree, as c2sp.org/tlog-witness bounds it. */
export const MAX_PROOF_LENGTH = 63;

/** Gives the root of the entries in `[start, end)` of a tree, start being a multiple of the range's size rounded up to a power of two. */
export interface SubtreeReader {
  subtree(start: number, end: number): Promise<Uint8Array>;
}

/** Siblings from the leaf up to the root of a tree of `size`. @throws RangeError where the tree has no such entry. */
export async function inclusionProof(tree: SubtreeReader, index: number, size: number): Promise<Uint8Array[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`no entry ${index} of ${size}`);
  const path: Uint8Array[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      path.unshift(await tree.subtree(middle, end));
      end = middle;
    } else {
      path.unshift(await tree.subtree(start, middle));
      start = middle;
    }
  }
  return path;
}

/** Empty for an older size of nothing and for equal sizes. @throws RangeError when the older is the larger. */
export async function consistencyProof(tree: SubtreeReader, oldSize: number, size: number): Promise<Uint8Array[]> {
  if (!(oldSize >= 0 && oldSize <= size)) throw new RangeError(`no tree of ${oldSize} within one of ${size}`);
  if (oldSize === 0 || oldSize === size) return [];
  const proof: Uint8Array[] = [];
  let [start, end] = [0, size];
  while (end !== oldSize) {
    const middle = start + splitOf(end - start);
    if (oldSize <= middle) {
      proof.unshift(await tree.subtree(middle, end));
      end = middle;
    } else {
      proof.unshift(await tree.subtree(start, middle));
      start = middle;
    }
  }
  if (start > 0) proof.unshift(await tree.subtree(start, end));
  return proof;
}

export function verifyInclusion(
  crypto: Crypto,
  entryHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  return isCount(index) && isCount(size) && areHashes(proof) && verifyPath(crypto, entryHash, index, size, proof, root);
}

/** RFC 9162, 2.1.4.2. A proof from nothing, or between equal sizes, is empty. */
export function verifyConsistency(
  crypto: Crypto,
  oldSize: number,
  oldRoot: Uint8Array,
  size: number,
  root: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(oldSize) || !isCount(size) || oldSize > size || !areHashes(proof)) return false;
  if (oldSize === size) return proof.length === 0 && equalBytes(oldRoot, root);
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, crypto.sha256());
  const reached = rootsOfProof(crypto, oldSize, oldRoot, size, proof);
  return reached !== null && equalBytes(reached.oldRoot, oldRoot) && equalBytes(reached.root, root);
}

/** Both roots that a proof leads to, or null when it is too short or too long; sizes differ and the older is not zero. */
function rootsOfProof(
  crypto: Crypto,
  oldSize: number,
  oldRoot: Uint8Array,
  size: number,
  proof: readonly Uint8Array[],
): { readonly oldRoot: Uint8Array; readonly root: Uint8Array } | null {
  let [node, last] = [oldSize - 1, size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  // An older tree that is one complete subtree is its own first hash, and is left out of the proof.
  const [first, ...siblings] = node === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined) return null;
  let [reachedOld, reached] = [first, first];
  for (const sibling of siblings) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      reachedOld = nodeHash(crypto, sibling, reachedOld);
      reached = nodeHash(crypto, sibling, reached);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      reached = nodeHash(crypto, reached, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? { oldRoot: reachedOld, root: reached } : null;
}

const half = (value: number): number => Math.floor(value / 2);

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const areHashes = (proof: readonly Uint8Array[]): boolean =>
  proof.length <= MAX_PROOF_LENGTH && proof.every(({ length }) => length === 32);

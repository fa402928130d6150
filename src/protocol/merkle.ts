/** Merkle trees of RFC 6962, section 2.1, over SHA-256. */

import { concatBytes, equalBytes } from "./bytes.ts";
import { LANES, type Lane, type LaneName } from "./clip-keys.ts";
import type { Crypto } from "./crypto.ts";
import { hashEach } from "./hash.ts";
import type { LeafCounts } from "./statements/manifest.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Deep enough for any tree that fits in a u32. */
export const MAX_PATH_LENGTH = 32;

export const leafHash = (crypto: Crypto, leaf: Uint8Array): Uint8Array => crypto.sha256(LEAF, leaf);

export const leafHashes = (crypto: Crypto, leaves: readonly Uint8Array[]): Promise<readonly Uint8Array[]> =>
  hashEach(
    crypto,
    leaves.map((leaf) => [LEAF, leaf]),
  );

export const nodeHash = (crypto: Crypto, left: Uint8Array, right: Uint8Array): Uint8Array =>
  crypto.sha256(concatBytes(NODE, left, right));

/** The tree of leaves appended one by one, as one hash per complete subtree. */
export class MerkleFrontier {
  readonly #crypto: Crypto;
  /** Roots of complete subtrees, largest first; their sizes are the binary digits of the leaf count. */
  readonly #peaks: Uint8Array[] = [];
  #size = 0;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  get size(): number {
    return this.#size;
  }

  /** One hash per complete subtree, largest first. */
  get peaks(): readonly Uint8Array[] {
    return this.#peaks;
  }

  append(hash: Uint8Array): void {
    let peak = hash;
    for (let count = this.#size; count % 2 === 1; count = Math.floor(count / 2)) {
      const left = this.#peaks.pop();
      if (left !== undefined) peak = nodeHash(this.#crypto, left, peak);
    }
    this.#peaks.push(peak);
    this.#size += 1;
  }

  root(): Uint8Array {
    return rootOfPeaks(this.#crypto, this.#peaks);
  }
}

/** The root over complete subtrees, given largest first; of none, the hash of nothing. */
export function rootOfPeaks(crypto: Crypto, peaks: readonly Uint8Array[]): Uint8Array {
  const last = peaks.at(-1);
  if (last === undefined) return crypto.sha256();
  return peaks.slice(0, -1).reduceRight((right, left) => nodeHash(crypto, left, right), last);
}

export function merkleRoot(crypto: Crypto, leafHashes: readonly Uint8Array[]): Uint8Array {
  const frontier = new MerkleFrontier(crypto);
  for (const hash of leafHashes) frontier.append(hash);
  return frontier.root();
}

/** The largest power of two below a size of at least two. */
export function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** Siblings from the leaf up to the root. */
export function auditPath(crypto: Crypto, leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  if (index < 0 || index >= leafHashes.length) throw new RangeError(`no leaf ${index} of ${leafHashes.length}`);
  if (leafHashes.length === 1) return [];
  const split = splitOf(leafHashes.length);
  const left = leafHashes.slice(0, split);
  const right = leafHashes.slice(split);
  return index < split
    ? [...auditPath(crypto, left, index), merkleRoot(crypto, right)]
    : [...auditPath(crypto, right, index - split), merkleRoot(crypto, left)];
}

/** The root that a leaf and its path lead to, or null when the path is too short or too long. RFC 9162, 2.1.3.2. */
function rootOfPath(
  crypto: Crypto,
  hash: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (index < 0 || index >= size) return null;
  let node = index;
  let last = size - 1;
  let root = hash;
  for (const sibling of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(crypto, sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(crypto, root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}

export function verifyPath(
  crypto: Crypto,
  hash: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const reached = rootOfPath(crypto, hash, index, size, path);
  return reached !== null && equalBytes(reached, root);
}

const LANE_ORDER = (Object.keys(LANES) as LaneName[]).toSorted((a, b) => LANES[a] - LANES[b]);

export const totalLeaves = (counts: LeafCounts): number => LANE_ORDER.reduce((sum, lane) => sum + counts[lane], 0);

export function leavesOfLane(counts: LeafCounts, lane: Lane): number {
  const name = LANE_ORDER[lane - 1];
  return name === undefined ? 0 : counts[name];
}

/** Where a fragment's leaf stands in a clip's tree, sorted by lane, then index; null when the clip has none such. */
export function leafPosition(counts: LeafCounts, lane: Lane, index: number): number | null {
  if (index < 0 || index >= leavesOfLane(counts, lane)) return null;
  const before = LANE_ORDER.slice(0, lane - 1).reduce((sum, name) => sum + counts[name], 0);
  return before + index;
}

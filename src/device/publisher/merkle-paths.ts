import { concatBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";

const NODE = Uint8Array.of(1);

/**
 * Gives the path of any leaf of one tree (RFC 6962: a node without a right neighbour moves up unchanged).
 * All levels are hashed once, so that the paths of a whole clip cost as much as its root.
 */
export function merklePaths(crypto: Crypto, leafHashes: readonly Uint8Array[]): (position: number) => Uint8Array[] {
  const levels: (readonly Uint8Array[])[] = [leafHashes];
  for (let level = leafHashes; level.length > 1; ) {
    level = parentsOf(crypto, level);
    levels.push(level);
  }
  return (position) =>
    levels.flatMap((level, height) => {
      const sibling = level[Math.floor(position / 2 ** height) ^ 1];
      return sibling === undefined ? [] : [sibling];
    });
}

function parentsOf(crypto: Crypto, level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i], level[i + 1]];
    if (left !== undefined) parents.push(right === undefined ? left : crypto.sha256(concatBytes(NODE, left, right)));
  }
  return parents;
}

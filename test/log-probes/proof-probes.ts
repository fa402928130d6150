import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { leafHash, merkleRoot } from "../../src/protocol/merkle.ts";
import {
  consistencyProof,
  inclusionProof,
  type SubtreeReader,
  verifyConsistency,
  verifyInclusion,
} from "../../src/protocol/tlog/proofs.ts";
import { entriesOf, flipped, type Probe, type ProbeGroup } from "./probe.ts";

const LARGEST = 300;
const hashes = entriesOf(0, LARGEST).map((entry) => leafHash(crypto, entry));
const rootOf = (size: number): Uint8Array => merkleRoot(crypto, hashes.slice(0, size));
const tree: SubtreeReader = {
  subtree: (start, end) => Promise.resolve(merkleRoot(crypto, hashes.slice(start, end))),
};

/** Ways to spoil a list of hashes, each of another length or content than it was. */
function spoiled(proof: readonly Uint8Array[]): (readonly [name: string, proof: readonly Uint8Array[]])[] {
  const extra = crypto.sha256(Uint8Array.of(7));
  const variants: [string, readonly Uint8Array[]][] = [
    ["one more at the end", [...proof, extra]],
    ["one more at the beginning", [extra, ...proof]],
    ["64 more", [...proof, ...Array.from({ length: 64 }, () => extra)]],
  ];
  if (proof.length > 0) {
    variants.push(
      ["without the first", proof.slice(1)],
      ["without the last", proof.slice(0, -1)],
      ["none at all", []],
      ["the last twice", [...proof, ...proof.slice(-1)]],
      ["the first cut to 31 bytes", [...proof.slice(0, 1).map((hash) => hash.subarray(1)), ...proof.slice(1)]],
      ["the first with 33 bytes", [...proof.slice(0, 1).map((hash) => Uint8Array.of(...hash, 0)), ...proof.slice(1)]],
    );
  }
  if (proof.length > 1) {
    variants.push(["in reverse", proof.toReversed()], ["the first two swapped", swapped(proof, 0)]);
    if (proof.length > 2) variants.push(["the last two swapped", swapped(proof, proof.length - 2)]);
  }
  for (const [i, hash] of proof.entries()) {
    variants.push([`a bit of hash ${i}`, proof.with(i, flipped(hash, (i * 7) % 32))]);
    variants.push([`hash ${i} of another tree`, proof.with(i, crypto.sha256(hash))]);
  }
  return variants;
}

function swapped(proof: readonly Uint8Array[], at: number): readonly Uint8Array[] {
  const [one, other] = [proof[at], proof[at + 1]];
  return one === undefined || other === undefined ? [] : proof.with(at, other).with(at + 1, one);
}

export async function inclusionProbes(): Promise<ProbeGroup> {
  const [controls, probes]: [Probe[], Probe[]] = [[], []];
  const places: readonly (readonly [index: number, size: number])[] = [
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 7],
    [6, 7],
    [4, 8],
    [12, 13],
    [255, 256],
    [256, 257],
    [130, 300],
  ];
  for (const [index, size] of places) {
    const [own = new Uint8Array(), root] = [hashes[index], rootOf(size)];
    const proof = await inclusionProof(tree, index, size);
    const probe = (what: string, attempt: () => unknown): Probe => ({
      name: `entry ${index} of ${size}: ${what}`,
      attempt,
    });
    const check =
      (hash: Uint8Array, at: number, of: number, path: readonly Uint8Array[], to: Uint8Array): (() => boolean) =>
      () =>
        verifyInclusion(crypto, hash, at, of, path, to);
    controls.push(probe("as it is", check(own, index, size, proof, root)));
    for (const [name, path] of spoiled(proof)) probes.push(probe(name, check(own, index, size, path, root)));
    const otherPlaces = [-1, index - 1, index + 1, size, size + 1, 2 ** 53, Number.NaN, 0.5].filter(
      (at) => at !== index,
    );
    for (const at of otherPlaces) probes.push(probe(`as entry ${at}`, check(own, at, size, proof, root)));
    for (const of of [0, index, 2 * size, 4 * size + 1, -size, Number.POSITIVE_INFINITY, size + 0.5]) {
      probes.push(probe(`of a tree of ${of}`, check(own, index, of, proof, root)));
    }
    probes.push(
      probe("another entry", check(flipped(own, 3), index, size, proof, root)),
      probe("another root", check(own, index, size, proof, flipped(root, 31))),
      probe("the root of nothing", check(own, index, size, proof, crypto.sha256())),
      probe("a root of 31 bytes", check(own, index, size, proof, root.subarray(1))),
      probe("the entry's bytes in place of its hash", check(entriesOf(index, 1)[0] ?? own, index, size, proof, root)),
    );
    if (size > 1) probes.push(probe("the root as an entry of one", check(own, 0, 1, [], root)));
    // Two leaf hashes offered as one leaf: told apart by the first byte that is hashed.
    const [left = own, right = own] = hashes;
    const asLeaf = leafHash(crypto, Uint8Array.of(...left, ...right));
    if (size > 2)
      probes.push(probe("an inner node as a leaf", check(asLeaf, 0, Math.ceil(size / 2), proof.slice(1), root)));
  }
  return { name: "inclusion", controls, probes };
}

export async function consistencyProbes(): Promise<ProbeGroup> {
  const [controls, probes]: [Probe[], Probe[]] = [[], []];
  const pairs: readonly (readonly [oldSize: number, size: number])[] = [
    [0, 5],
    [1, 2],
    [2, 3],
    [3, 7],
    [4, 8],
    [6, 8],
    [7, 7],
    [8, 13],
    [100, 300],
    [256, 257],
    [255, 300],
  ];
  for (const [oldSize, size] of pairs) {
    const [oldRoot, root] = [rootOf(oldSize), rootOf(size)];
    const proof = await consistencyProof(tree, oldSize, size);
    const probe = (what: string, attempt: () => unknown): Probe => ({
      name: `${oldSize} to ${size}: ${what}`,
      attempt,
    });
    const check =
      (from: number, first: Uint8Array, to: number, second: Uint8Array, path: readonly Uint8Array[]): (() => boolean) =>
      () =>
        verifyConsistency(crypto, from, first, to, second, path);
    controls.push(probe("as it is", check(oldSize, oldRoot, size, root, proof)));
    for (const [name, path] of spoiled(proof)) probes.push(probe(name, check(oldSize, oldRoot, size, root, path)));
    for (const from of [-1, size + 1, 2 ** 53, Number.NaN, oldSize + 0.5]) {
      probes.push(probe(`from ${from}`, check(from, oldRoot, size, root, proof)));
    }
    for (const to of [-1, oldSize - 1, 4 * size + 1, 2 ** 53, Number.POSITIVE_INFINITY].filter(
      (to) => oldSize > 0 || to < 0 || to > 2 ** 52,
    )) {
      probes.push(probe(`to ${to}`, check(oldSize, oldRoot, to, root, proof)));
    }
    probes.push(probe("another older root", check(oldSize, flipped(oldRoot, 0), size, root, proof)));
    probes.push(probe("an older root of 31 bytes", check(oldSize, oldRoot.subarray(1), size, root, proof)));
    if (oldSize === 0) continue; // nothing is said of the newer root: every tree continues the empty one
    probes.push(
      probe("another newer root", check(oldSize, oldRoot, size, flipped(root, 31), proof)),
      probe("a newer root of 33 bytes", check(oldSize, oldRoot, size, Uint8Array.of(...root, 0), proof)),
      probe("from nothing", check(0, oldRoot, size, root, proof)),
      probe("without its proof, as equal sizes", check(size, oldRoot, size, flipped(root, 1), [])),
    );
    if (oldSize < size) {
      probes.push(
        probe("backwards", check(size, root, oldSize, oldRoot, proof)),
        probe("roots swapped", check(oldSize, root, size, oldRoot, proof)),
        probe("the older root twice", check(oldSize, oldRoot, size, oldRoot, proof)),
        probe("the newer root twice", check(oldSize, root, size, root, proof)),
      );
      if (oldSize > 1)
        probes.push(probe("an older tree with one entry less", check(oldSize - 1, oldRoot, size, root, proof)));
    }
  }
  return { name: "consistency", controls, probes };
}

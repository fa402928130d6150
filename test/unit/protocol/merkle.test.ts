import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import {
  auditPath,
  leafHash,
  leafPosition,
  MerkleFrontier,
  merkleRoot,
  totalLeaves,
  verifyPath,
} from "../../../src/protocol/merkle.ts";
import { portableCrypto as crypto } from "../../../src/protocol/portable-crypto.ts";
import { tries } from "./effort.ts";

/** Leaves and roots of the certificate-transparency project's own tests of RFC 6962. */
const KNOWN_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map(fromHex);
const KNOWN_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** The definition in RFC 6962, 2.1, word for word; slow, and all that the fast one has to equal. */
function rootByDefinition(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return crypto.sha256();
  if (leaves.length === 1) return leafHash(crypto, only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const [left, right] = [rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split))];
  return crypto.sha256(Uint8Array.of(1), left, right);
}

const hashesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => leafHash(crypto, utf8(`leaf ${i}`)));

describe("the Merkle tree", () => {
  test.each(KNOWN_ROOTS.map((root, i) => [i + 1, root] as const))("of %i leaves has RFC 6962's root", (size, root) => {
    expect(
      toHex(
        merkleRoot(
          crypto,
          KNOWN_LEAVES.slice(0, size).map((leaf) => leafHash(crypto, leaf)),
        ),
      ),
    ).toBe(root);
  });

  test("of no leaves is the hash of nothing", () => {
    expect(merkleRoot(crypto, [])).toEqual(crypto.sha256());
  });

  test("equals the definition for any number of leaves", () => {
    for (let size = 0; size <= 40; size += 1) {
      const leaves = Array.from({ length: size }, (_, i) => utf8(`leaf ${i}`));
      expect(merkleRoot(crypto, hashesOf(size))).toEqual(rootByDefinition(leaves));
    }
  });

  test("built leaf by leaf has the right root at every step", () => {
    const frontier = new MerkleFrontier(crypto);
    const hashes = hashesOf(20);
    for (const [i, hash] of hashes.entries()) {
      frontier.append(hash);
      expect(frontier.size).toBe(i + 1);
      expect(frontier.root()).toEqual(merkleRoot(crypto, hashes.slice(0, i + 1)));
    }
  });
});

describe("an audit path", () => {
  const trees = fc
    .integer({ min: 1, max: 60 })
    .chain((size) => fc.record({ size: fc.constant(size), at: fc.nat(size - 1) }));

  test("leads every leaf to the root, and no other leaf or place", () => {
    fc.assert(
      fc.property(trees, fc.nat(70), ({ size, at }, elsewhere) => {
        const hashes = hashesOf(size);
        const [root, path, own] = [merkleRoot(crypto, hashes), auditPath(crypto, hashes, at), hashes[at]];
        if (own === undefined) throw new Error("no such leaf");
        expect(verifyPath(crypto, own, at, size, path, root)).toBe(true);
        if (elsewhere !== at) expect(verifyPath(crypto, own, elsewhere, size, path, root)).toBe(false);
        expect(verifyPath(crypto, leafHash(crypto, utf8("forged")), at, size, path, root)).toBe(false);
      }),
      tries(100),
    );
  });

  test("that is too short, too long or changed leads nowhere", () => {
    const hashes = hashesOf(11);
    const root = merkleRoot(crypto, hashes);
    const path = auditPath(crypto, hashes, 5);
    const own = hashes[5] ?? new Uint8Array();
    const bad = [path.slice(1), path.slice(0, -1), [...path, root], path.toReversed(), path.with(0, root), []];
    for (const candidate of bad) expect(verifyPath(crypto, own, 5, 11, candidate, root)).toBe(false);
    expect(verifyPath(crypto, own, 5, 11, path, root), "control").toBe(true);
    expect(verifyPath(crypto, own, -1, 11, path, root)).toBe(false);
    expect(verifyPath(crypto, root, 0, 1, [], root)).toBe(true);
  });

  test("cannot pass an inner node off as a leaf", () => {
    const hashes = hashesOf(4);
    const [left = new Uint8Array(), right = new Uint8Array()] = hashes;
    const inner = crypto.sha256(Uint8Array.of(1), left, right);
    const root = merkleRoot(crypto, hashes);
    const asLeaf = leafHash(crypto, Uint8Array.from([...left, ...right]));
    expect(verifyPath(crypto, asLeaf, 0, 2, [merkleRoot(crypto, hashes.slice(2))], root)).toBe(false);
    expect(verifyPath(crypto, inner, 0, 2, [merkleRoot(crypto, hashes.slice(2))], root), "control").toBe(true);
  });
});

test("leaves are counted by lane, then index", () => {
  const counts = { video: 3, audio: 2, thumbnail: 1, meta: 2 };
  const { video, audio, thumbnail, meta } = LANES;
  expect(totalLeaves(counts)).toBe(8);
  expect([leafPosition(counts, video, 0), leafPosition(counts, video, 2)]).toEqual([0, 2]);
  expect([leafPosition(counts, audio, 0), leafPosition(counts, thumbnail, 0)]).toEqual([3, 5]);
  expect([leafPosition(counts, meta, 1), leafPosition(counts, meta, 2), leafPosition(counts, audio, -1)]).toEqual([
    7,
    null,
    null,
  ]);
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, utf8 } from "../../../src/protocol/bytes.ts";
import { encodeLeaf, type LeafData, sealFragment } from "../../../src/protocol/fragment.ts";
import { auditPath, leafHash } from "../../../src/protocol/merkle.ts";
import { portableCrypto as crypto } from "../../../src/protocol/portable-crypto.ts";
import {
  buildShare,
  decodeShareLeaves,
  encodeShareLeaves,
  fragmentFileName,
  parseShare,
  ShareLayout,
  type ShareParts,
  shareFiles,
} from "../../../src/protocol/share.ts";
import { readTar, tarHeader, writeTar } from "../../../src/protocol/tar.ts";
import { tries } from "./effort.ts";

const hash = (text: string): Uint8Array => crypto.sha256(utf8(text));
const clip = hash("clip").slice(0, 16);

const sealed = [0, 1, 2, 3, 4].map((i) =>
  sealFragment(crypto, clip, i < 3 ? 1 : 2, i < 3 ? i : i - 3, hash(`${i}`), utf8("x".repeat(i * 400))),
);
const hashes = sealed.map(({ leaf }) => leafHash(crypto, encodeLeaf(leaf)));

function partsWith(facts: Uint8Array | null): ShareParts {
  return {
    release: utf8('{"release":1}'),
    manifest: utf8('{"manifest":1}'),
    leaves: sealed.map(({ leaf }, i) => ({ leaf, path: auditPath(crypto, hashes, i) })),
    grant: hash("grant"),
    facts,
    fragments: sealed.map(({ leaf: { lane, index }, ciphertext }) => ({ lane, index, ciphertext })),
  };
}

const shapeError = expect.objectContaining({ code: "share/shape" });
const readFragment = (lane: number, index: number): Uint8Array =>
  sealed.find(({ leaf }) => leaf.lane === lane && leaf.index === index)?.ciphertext ?? new Uint8Array();

describe.each([
  ["with facts", partsWith(utf8("sealed facts"))],
  ["without facts", partsWith(null)],
])("a share %s", (_, parts) => {
  const share = buildShare(parts);

  test("comes back as it was built", () => {
    expect(parseShare(share)).toEqual(parts);
  });

  test("is read by any tar, in the fixed order, and looks the same for everyone", () => {
    const folder = mkdtempSync(join(tmpdir(), "share-"));
    try {
      const file = join(folder, "share.tar");
      writeFileSync(file, share);
      const listing = execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--utc", "-f", file], {
        encoding: "utf8",
      });
      const lines = listing.trim().split("\n");
      expect(lines.every((line) => line.startsWith("-rw-r--r-- 0/0 ") && line.includes("1970-01-01 00:00"))).toBe(true);
      const names = lines.map((line) => line.split(" ").at(-1));
      const facts = parts.facts === null ? [] : ["facts.bin"];
      expect(names).toEqual([
        "release.json",
        "manifest.json",
        "leaves.bin",
        "grant.bin",
        ...facts,
        ...parts.fragments.map(({ lane, index }) => fragmentFileName(lane, index)),
      ]);
      execFileSync("tar", ["-xf", file, "-C", folder]);
      expect(readdirSync(join(folder, "fragments"))).toHaveLength(5);
      expect(new Uint8Array(readFileSync(join(folder, "fragments/1-00000002.bin")))).toEqual(readFragment(1, 2));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("streams to the very same bytes", async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of shareFiles(parts, readFragment)) pieces.push(piece);
    expect(concatBytes(...pieces)).toEqual(share);
  });

  test("gives any part of itself by position, fetching no fragment outside it", async () => {
    const layout = new ShareLayout(parts);
    expect(layout.length).toBe(share.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(share.length), fc.nat(3_000), async (from, length) => {
        const fetched: string[] = [];
        const bytes = await layout.read(from, from + length, (lane, index) => {
          fetched.push(`${lane}/${index}`);
          return readFragment(lane, index);
        });
        expect(bytes).toEqual(share.subarray(from, from + length));
        expect(fetched.length * 512).toBeLessThanOrEqual(length + 1_024);
      }),
      tries(100),
    );
    expect(await layout.read(0, Number.MAX_SAFE_INTEGER, readFragment)).toEqual(share);
  });

  test("with any byte changed is refused or differs only inside a part", () => {
    fc.assert(
      fc.property(fc.nat(share.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(share, (byte, i) => (i === at ? byte ^ flip : byte));
        try {
          expect(buildShare(parseShare(changed))).toEqual(changed);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(?:share|leaf)\/shape$/) });
        }
      }),
      tries(200),
    );
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["its last block missing", share.subarray(0, -512)],
    ["a block too many", concatBytes(share, new Uint8Array(512))],
    ["half a block", share.subarray(0, 700)],
    ["its first file missing", share.subarray(1_024)],
  ])("with %s is refused", (_name, bytes) => expect(() => parseShare(bytes)).toThrow(shapeError));
});

describe("an archive that is not a share", () => {
  const { release, manifest, grant } = partsWith(null);
  const files = [
    { name: "release.json", content: release },
    { name: "manifest.json", content: manifest },
    { name: "leaves.bin", content: new Uint8Array(0) },
    { name: "grant.bin", content: grant },
  ];
  const fragment = { name: "fragments/1-00000000.bin", content: utf8("x") };

  test("is told from the smallest share there is (control)", () => {
    expect(parseShare(writeTar([...files, fragment])).fragments).toHaveLength(1);
  });

  test.each([
    ["with files in another order", [files[1], files[0], files[2], files[3]]],
    ["without a grant", files.slice(0, 3)],
    ["with an unknown file", [...files, { name: "notes.txt", content: utf8("x") }]],
    ["with facts after the fragments", [...files, fragment, { name: "facts.bin", content: utf8("x") }]],
    ["with a fragment's index unpadded", [...files, { ...fragment, name: "fragments/1-0.bin" }]],
    ["with a lane that is not there", [...files, { ...fragment, name: "fragments/5-00000000.bin" }]],
    ["with a path that climbs", [...files, { ...fragment, name: "fragments/../1-00000000.bin" }]],
    ["with no files", []],
  ])("%s, is refused", (_, list) => {
    expect(() => parseShare(writeTar(list.filter((file) => file !== undefined)))).toThrow(shapeError);
  });

  test("because of a header written another way, is refused", () => {
    const share = writeTar([...files, fragment]);
    const withOwner = Uint8Array.from(share);
    withOwner.set(utf8("0000001"), 108);
    withOwner.set(utf8("0"), 148);
    expect(readTar(withOwner)).toBeNull();
    expect(readTar(share)).toHaveLength(5);
  });

  test("holding doubled fragments keeps them apart for the verifier to name", () => {
    expect(parseShare(writeTar([...files, fragment, fragment])).fragments).toHaveLength(2);
  });
});

describe("leaf data of a share", () => {
  const leaf = (lane: number, index: number): LeafData => ({
    lane,
    index,
    length: 16,
    ciphertextHash: hash("c"),
    keyCommitment: hash("k"),
  });
  const entry = (lane: number, index: number, path: Uint8Array[] = []) => ({ leaf: leaf(lane, index), path });

  test.each([
    ["out of order", encodeShareLeaves([entry(1, 2), entry(1, 1)])],
    ["twice", encodeShareLeaves([entry(1, 1), entry(1, 1)])],
    ["lanes out of order", encodeShareLeaves([entry(2, 1), entry(1, 2)])],
    ["of a closing record", encodeShareLeaves([entry(0, 0)])],
    ["cut in the leaf", encodeShareLeaves([entry(1, 1)]).subarray(0, 50)],
    ["without a path length", encodeShareLeaves([entry(1, 1)]).subarray(0, 73)],
    ["cut in the path", encodeShareLeaves([entry(1, 1, [hash("p")])]).subarray(0, 90)],
    [
      "with a path no tree has",
      encodeShareLeaves([
        entry(
          1,
          1,
          Array.from({ length: 33 }, () => hash("p")),
        ),
      ]),
    ],
  ])("%s are refused", (_, bytes) => expect(() => decodeShareLeaves(bytes)).toThrow(shapeError));
});

test("a file name that ustar cannot carry is our mistake", () => {
  expect(() => tarHeader("x".repeat(101), 1)).toThrow(RangeError);
});

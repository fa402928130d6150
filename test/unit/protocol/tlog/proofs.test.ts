import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../../src/device/platform/node-crypto.ts";
import { auditPath, leafHash, merkleRoot } from "../../../../src/protocol/merkle.ts";
import { GrowingTree } from "../../../../src/protocol/tlog/growing-tree.ts";
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "../../../../src/protocol/tlog/proofs.ts";
import { decodeBundle, encodeBundle, parseTilePath, tilePath } from "../../../../src/protocol/tlog/tiles.ts";
import { TreeReader } from "../../../../src/protocol/tlog/tree-reader.ts";
import { MemoryLog } from "../../../fakes/memory-log.ts";
import { entriesOf } from "../../../log-probes/probe.ts";
import { tries } from "../effort.ts";

const LARGEST = 1500;
const entries = entriesOf(0, LARGEST);
const hashes = entries.map((entry) => leafHash(crypto, entry));
const rootOf = (size: number): Uint8Array => merkleRoot(crypto, hashes.slice(0, size));

const logOf = (size: number): MemoryLog => {
  const log = new MemoryLog(crypto);
  log.grow(entries.slice(0, size));
  return log;
};

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: LARGEST }),
  fc.constantFrom(255, 256, 257, 512, 1024),
);
const pairs = fc.tuple(sizes, sizes).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe("proofs made from tiles", () => {
  test("of inclusion are RFC 6962's, and hold", async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async (size, pick) => {
        const index = pick % size;
        const log = logOf(size);
        const proof = await inclusionProof(new TreeReader(crypto, log, log.tree), index, size);
        expect(proof).toEqual(auditPath(crypto, hashes.slice(0, size), index));
        expect(verifyInclusion(crypto, hashes[index] ?? new Uint8Array(), index, size, proof, rootOf(size))).toBe(true);
      }),
      tries(60),
    );
  });

  test("of consistency hold for these two trees and no other root", async () => {
    await fc.assert(
      fc.asyncProperty(pairs, async ([oldSize, size]) => {
        const log = logOf(size);
        const proof = await consistencyProof(new TreeReader(crypto, log, log.tree), oldSize, size);
        const [oldRoot, root] = [rootOf(oldSize), rootOf(size)];
        expect(verifyConsistency(crypto, oldSize, oldRoot, size, root, proof)).toBe(true);
        const other = merkleRoot(crypto, [...hashes.slice(0, oldSize - 1), leafHash(crypto, Uint8Array.of(1))]);
        expect(verifyConsistency(crypto, oldSize, other, size, root, proof)).toBe(false);
      }),
      tries(60),
    );
  });

  test("hold for every pair of small sizes, and for nothing before the first entry", async () => {
    for (let size = 0; size <= 18; size += 1) {
      const log = logOf(size);
      for (let oldSize = 0; oldSize <= size; oldSize += 1) {
        const proof = await consistencyProof(new TreeReader(crypto, log, log.tree), oldSize, size);
        expect(
          verifyConsistency(crypto, oldSize, rootOf(oldSize), size, rootOf(size), proof),
          `${oldSize} ${size}`,
        ).toBe(true);
      }
    }
  });

  test("are not made of what is not there", async () => {
    const log = logOf(3);
    const tree = new TreeReader(crypto, log, log.tree);
    await expect(inclusionProof(tree, 3, 3)).rejects.toThrow(RangeError);
    await expect(inclusionProof(tree, -1, 3)).rejects.toThrow(RangeError);
    await expect(consistencyProof(tree, 4, 3)).rejects.toThrow(RangeError);
  });
});

describe("a growing tree", () => {
  test("has the same files and root in whatever steps it grew, and wherever it was resumed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 5 }),
        fc.boolean(),
        async (steps, resumes) => {
          const log = new MemoryLog(crypto);
          let size = 0;
          for (const step of steps) {
            const more = entries.slice(size, size + step);
            size += more.length;
            log.grow(more);
            if (resumes) log.tree = await GrowingTree.resume(crypto, log, log.tree);
          }
          const whole = logOf(size);
          expect(log.tree.root).toEqual(rootOf(size));
          for (const [path, bytes] of whole.files) expect(log.files.get(path), path).toEqual(bytes);
        },
      ),
      tries(25),
    );
  });

  test("does not resume from files that are not its own", async () => {
    const log = logOf(300);
    const other = { size: 300, root: rootOf(299) };
    await expect(GrowingTree.resume(crypto, log, other)).rejects.toMatchObject({ code: "log/damaged" });
    log.files.delete("tile/entries/001.p/44");
    await expect(GrowingTree.resume(crypto, log, log.tree)).rejects.toMatchObject({ code: "log/missing" });
  });

  test("is not changed by an entry that is too long, nor by one that is appended", () => {
    const { tree } = logOf(3);
    expect(() => tree.append([new Uint8Array(1), new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: "log/entry-size" }),
    );
    tree.append([new Uint8Array(1)]);
    expect([tree.size, tree.root]).toEqual([3, rootOf(3)]);
    expect(tree.append([]).files).toEqual([]);
  });
});

test("paths and bundles are read as they were written", () => {
  const level = fc.oneof(fc.constant("entries" as const), fc.integer({ min: 0, max: 63 }));
  const name = fc.record({ level, index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) });
  fc.assert(
    fc.property(name, (tile) => {
      expect(parseTilePath(tilePath(tile))).toEqual(tile);
    }),
    tries(200),
  );
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (some) => {
      expect(decodeBundle(encodeBundle(some), some.length)).toEqual(some);
    }),
    tries(100),
  );
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
});

test("a mirror that has replaced partial tiles by full ones serves the older tree too", async () => {
  const checkpoint = { size: 600, root: rootOf(600) };
  const full = logOf(1024);
  const above = logOf(600).files.get("tile/1/000.p/2") ?? null; // its full tile is far away
  const source = {
    get: (path: string) => Promise.resolve(full.files.get(path) ?? (path.startsWith("tile/1/") ? above : null)),
  };
  const tree = new TreeReader(crypto, source, checkpoint);
  expect(await tree.openBundle(2, await tree.fetchBundle(2))).toEqual(entries.slice(512, 600));
});

import { expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { merklePaths } from "../../../src/device/publisher/merkle-paths.ts";
import { u32 } from "../../../src/protocol/bytes.ts";
import { auditPath, leafHash, merkleRoot, verifyPath } from "../../../src/protocol/merkle.ts";

test("every leaf of every small tree gets the path of RFC 6962", () => {
  for (let size = 1; size <= 33; size += 1) {
    const hashes = Array.from({ length: size }, (_, i) => leafHash(nodeCrypto, u32(i)));
    const pathOf = merklePaths(nodeCrypto, hashes);
    const root = merkleRoot(nodeCrypto, hashes);
    for (const [i, hash] of hashes.entries()) {
      expect(pathOf(i)).toEqual(auditPath(nodeCrypto, hashes, i));
      expect(verifyPath(nodeCrypto, hash, i, size, pathOf(i), root)).toBe(true);
    }
  }
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../../src/protocol/bytes.ts";
import {
  fragmentKeys,
  fragmentNonce,
  keyCommitment,
  LANES,
  type Lane,
  LaneRatchet,
} from "../../../src/protocol/clip-keys.ts";
import {
  decodeLeaf,
  encodeLeaf,
  LEAF_BYTES,
  type LeafData,
  openFragment,
  sealFragment,
} from "../../../src/protocol/fragment.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { cryptoPorts } from "./crypto-ports.ts";
import { tries } from "./effort.ts";
import { twoKeySecretbox } from "./two-key-secretbox.ts";

const crypto = portableCrypto;
const seed = crypto.sha256(utf8("seed"));
const clip = crypto.sha256(utf8("clip")).subarray(0, 16);
const lanes = fc.constantFrom<Lane>(...Object.values(LANES));
const indexes = fc.nat(0xffff_ffff);

describe("the lane ratchet", () => {
  test("gives the keys that a member recomputes from the seed, each once", () => {
    for (const lane of Object.values(LANES)) {
      const ratchet = new LaneRatchet(crypto, seed, lane);
      const given = Array.from({ length: 5 }, () => ratchet.next());
      expect(given.map(({ key }) => key)).toEqual(fragmentKeys(crypto, seed, lane, 5));
      expect(given.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    }
  });

  test("never gives one key for two places", () => {
    const keys = Object.values(LANES).flatMap((lane) => fragmentKeys(crypto, seed, lane, 50).map(String));
    expect(new Set(keys).size).toBe(200);
  });

  test("after wiping knows no key of the clip any more", () => {
    const ratchet = new LaneRatchet(crypto, seed, 1);
    ratchet.wipe();
    expect(fragmentKeys(crypto, seed, 1, 5)).not.toContainEqual(ratchet.next().key);
  });

  test("leaves the seed to its owner", () => {
    const copy = Uint8Array.from(seed);
    new LaneRatchet(crypto, copy, 1).next();
    expect(copy).toEqual(seed);
  });
});

test("a nonce names its place and nothing else", () => {
  expect(fragmentNonce(clip, 2, 0x01020304)).toEqual(Uint8Array.from([...clip, 2, 1, 2, 3, 4, 0, 0, 0]));
});

describe("leaf data", () => {
  test("of 73 bytes come back", () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(lanes, indexes, indexes, hash, hash, (lane, index, length, ciphertextHash, commitment) => {
        const leaf: LeafData = { lane, index, length, ciphertextHash, keyCommitment: commitment };
        const bytes = encodeLeaf(leaf);
        expect(bytes).toHaveLength(LEAF_BYTES);
        expect(decodeLeaf(bytes)).toEqual(leaf);
      }),
      tries(50),
    );
  });

  test.each([
    ["too short", new Uint8Array(72)],
    ["too long", new Uint8Array(74)],
    ["lane 5", Uint8Array.of(5, ...new Uint8Array(72))],
  ])("%s are refused", (_, bytes) => {
    expect(() => decodeLeaf(bytes)).toThrow(expect.objectContaining({ code: "leaf/shape" }));
  });
});

/** The error's code, or "opened". */
function code(open: () => unknown): string {
  try {
    open();
    return "opened";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe.each(cryptoPorts)("sealing with %s cryptography", (_, port) => {
  test("opening gives back what was sealed, and leaves the plain bytes to the caller", () => {
    fc.assert(
      fc.property(lanes, indexes, fc.uint8Array({ maxLength: 2_000 }), (lane, index, plain) => {
        const before = Uint8Array.from(plain);
        const { leaf, ciphertext } = sealFragment(port, clip, lane, index, seed, plain);
        expect(plain).toEqual(before);
        expect(leaf).toMatchObject({ lane, index, length: plain.length + 16 });
        expect(openFragment(port, clip, leaf, seed, ciphertext)).toEqual(plain);
      }),
      tries(20),
    );
  });

  test("each way of being wrong has its own name", () => {
    const { leaf, ciphertext } = sealFragment(port, clip, 1, 7, seed, utf8("picture"));
    const otherKey = port.sha256(utf8("other"));
    const changed = Uint8Array.from(ciphertext, (byte, i) => (i === 20 ? byte ^ 1 : byte));
    expect(code(() => openFragment(port, clip, leaf, seed, changed))).toBe("fragment/ciphertext-hash");
    expect(code(() => openFragment(port, clip, leaf, seed, ciphertext.subarray(1)))).toBe("fragment/ciphertext-hash");
    expect(code(() => openFragment(port, clip, leaf, otherKey, ciphertext))).toBe("fragment/key-commitment");
    expect(code(() => openFragment(port, clip, { ...leaf, index: 8 }, seed, ciphertext))).toBe(
      "fragment/key-commitment",
    );
    const nonce = fragmentNonce(clip, 1, 7);
    const unsealed = {
      leaf: { ...leaf, ciphertextHash: port.sha256(changed), keyCommitment: keyCommitment(port, seed, nonce) },
      ciphertext: changed,
    };
    expect(code(() => openFragment(port, clip, unsealed.leaf, seed, unsealed.ciphertext))).toBe("fragment/open");
    expect(code(() => openFragment(port, clip, leaf, seed, ciphertext))).toBe("opened");
  });

  test("a ciphertext made to open under two keys opens only under the committed one", () => {
    const nonce = fragmentNonce(clip, 1, 7);
    const otherKey = port.sha256(utf8("other"));
    const ciphertext = twoKeySecretbox(seed, otherKey, nonce);
    const leaf: LeafData = {
      lane: 1,
      index: 7,
      length: ciphertext.length,
      ciphertextHash: port.sha256(ciphertext),
      keyCommitment: keyCommitment(port, seed, nonce),
    };
    expect(openFragment(port, clip, leaf, seed, ciphertext)).toHaveLength(48);
    expect(() => openFragment(port, clip, leaf, otherKey, ciphertext)).toThrow(
      expect.objectContaining({ code: "fragment/key-commitment" }),
    );
    const texts = [seed, otherKey].map((key) => port.openSecretbox(ciphertext, nonce, key));
    expect(texts[1], "control: without the commitment the second key opens it").not.toBeNull();
    expect(texts[1], "control: and to another text").not.toEqual(texts[0]);
  });
});

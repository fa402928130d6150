import { decodeClipHead } from "../../../../src/protocol/clip-file.ts";
import { fragmentKeys, fragmentNonce, keyCommitment, LANES } from "../../../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { dayBoxKey, dayKey } from "../../../../src/protocol/day-chain.ts";
import { encodeLeaf, sealFragment } from "../../../../src/protocol/fragment.ts";
import { auditPath, leafHash, merkleRoot } from "../../../../src/protocol/merkle.ts";
import { wrapSeed } from "../../../../src/protocol/wrap.ts";
import { withSeededRandomness } from "../seeded-crypto.ts";
import { CLIP_DAY, FIRST_DAY, sampleClip } from "./sample-clip.ts";
import { base64Of, fixed, fixedId, hexes, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

export function makeDayChain(crypto: Crypto): VectorFile {
  const first = fixed("owner day chain");
  return {
    about: 'A member\'s day chain: e_{d+1} = HMAC(e_d, "day"); box key from HMAC(e_d, "box")',
    vectors: [0, 1, 2, 3, 13, 120].map((offset) => {
      const chainKey = dayKey(crypto, first, FIRST_DAY, FIRST_DAY + offset);
      const { publicKey, secretKey } = dayBoxKey(crypto, chainKey);
      return {
        firstDay: FIRST_DAY,
        firstChainKey: toHex(first),
        day: FIRST_DAY + offset,
        chainKey: toHex(chainKey),
        boxSecret: toHex(secretKey),
        boxPublic: toHex(publicKey),
      };
    }),
  };
}

export function makeWraps(crypto: Crypto): VectorFile {
  const seeded = withSeededRandomness(crypto, "wraps");
  return {
    about: "A clip's seed wrapped to a member's key of the day: day 4, ephemeral key 32, box 48",
    vectors: [0, 3, 120].map((offset) => {
      const chainKey = dayKey(crypto, fixed("owner day chain"), FIRST_DAY, FIRST_DAY + offset);
      const { publicKey, secretKey } = dayBoxKey(crypto, chainKey);
      const seed = fixed(`seed ${offset}`);
      const wrap = wrapSeed(seeded, FIRST_DAY + offset, publicKey, seed);
      return { day: FIRST_DAY + offset, boxSecret: toHex(secretKey), seed: toHex(seed), wrap: toHex(wrap) };
    }),
  };
}

export function makeClipKeys(crypto: Crypto): VectorFile {
  const [seed, clip] = [fixed("clip seed"), fixedId("clip")];
  return {
    about: "Fragment keys of each lane out of one seed, with nonces and key commitments",
    vectors: Object.values(LANES).flatMap((lane) =>
      fragmentKeys(crypto, seed, lane, 4).map((key, index) => {
        const nonce = fragmentNonce(clip, lane, index);
        return {
          seed: toHex(seed),
          clip: toHex(clip),
          lane,
          index,
          key: toHex(key),
          nonce: toHex(nonce),
          commitment: toHex(keyCommitment(crypto, key, nonce)),
        };
      }),
    ),
  };
}

export function makeFragments(crypto: Crypto): VectorFile {
  const clip = fixedId("clip");
  const cases = [
    [1, 0, new Uint8Array(0)],
    [1, 7, utf8("picture")],
    [2, 0xffff_ffff, new Uint8Array(64).fill(1)],
    [4, 1, new Uint8Array(1_000).map((_, i) => i % 251)],
  ] as const;
  return {
    about: "Sealed fragments: secretbox under the key and the place's nonce, the leaf data and its RFC 6962 leaf hash",
    vectors: cases.map(([lane, index, plain]) => {
      const key = fixed(`fragment ${lane}/${index}`);
      const { leaf, ciphertext } = sealFragment(crypto, clip, lane, index, key, plain);
      const leafBytes = encodeLeaf(leaf);
      return {
        clip: toHex(clip),
        lane,
        index,
        key: toHex(key),
        plain: toHex(plain),
        ciphertext: toHex(ciphertext),
        leaf: toHex(leafBytes),
        leafHash: toHex(leafHash(crypto, leafBytes)),
      };
    }),
  };
}

export function makeMerkle(crypto: Crypto): VectorFile {
  const leaves = Array.from({ length: 13 }, (_, i) => utf8(`leaf ${i}`));
  return {
    about: "RFC 6962 trees: leaves (before hashing), root, and audit paths from the leaf up",
    vectors: [0, 1, 2, 3, 7, 8, 13].map((size) => {
      const hashes = leaves.slice(0, size).map((leaf) => leafHash(crypto, leaf));
      return {
        leaves: hexes(leaves.slice(0, size)),
        root: toHex(merkleRoot(crypto, hashes)),
        paths: hashes.map((_, i) => hexes(auditPath(crypto, hashes, i))),
      };
    }),
  };
}

export async function makeClipFile(crypto: Crypto): Promise<VectorFile> {
  const sample = await sampleClip(withSeededRandomness(crypto, "clip file"));
  const { length } = decodeClipHead(crypto, sample.file);
  return {
    about: "A whole clip file of the vault, with every secret to open it; `fragments` sorted by lane, then index",
    vectors: [
      {
        name: "ring, two members, closed in full",
        fileBase64: base64Of(sample.file),
        headLength: length,
        clip: toHex(sample.clip),
        day: CLIP_DAY,
        deviceSeed: toHex(sample.deviceSeed),
        clipSigningSeed: toHex(sample.clipSigningSeed),
        seed: toHex(sample.seed),
        members: ["owner", "second owner"].map((member) => ({
          firstDay: FIRST_DAY,
          firstChainKey: toHex(fixed(`${member} day chain`)),
        })),
        manifest: textOf(sample.manifest),
        manifestDigest: toHex(sample.manifestDigest),
        clipKey: textOf(sample.clipKeyStatement),
        fragments: sample.fragments.map(({ lane, index, plain, leaf }) => ({
          lane,
          index,
          leaf: toHex(encodeLeaf(leaf)),
          plain: toHex(plain),
        })),
      },
    ],
  };
}

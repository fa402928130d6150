import { concatBytes } from "../../src/protocol/bytes.ts";
import { fragmentNonce, keyCommitment } from "../../src/protocol/clip-keys.ts";
import {
  encodeEnvelope,
  encodePayload,
  keyId,
  readStatement,
  type Signer,
  seedSigner,
  signStatement,
} from "../../src/protocol/envelope.ts";
import { makeGrant } from "../../src/protocol/grant.ts";
import { buildShare, type ShareParts } from "../../src/protocol/share.ts";
import { manifestStatement } from "../../src/protocol/statements/manifest.ts";
import { releaseStatement } from "../../src/protocol/statements/release.ts";
import type { Failure, Verdict } from "../../src/recipient/verdict.ts";
import { grantEntries } from "../fakes/consent-world.ts";
import { sealClip, tinyContent } from "../fakes/sealed-clip.ts";
import { tinyFragment, tinyInit } from "../fakes/tiny-mp4.ts";
import { malleated, mixedOrderKey, smallOrderPoints } from "../unit/protocol/ed25519-points.ts";
import { twoKeySecretbox } from "../unit/protocol/two-key-secretbox.ts";
import { SHARED_LANES, type ShareWorld } from "./share-world.ts";

export interface ShareCase {
  readonly name: string;
  readonly expected: Failure;
  forge(world: ShareWorld, honest: ShareParts): Promise<ShareParts | Uint8Array> | ShareParts | Uint8Array;
  /** The nearest thing that must pass: the untouched share, unless the forgery starts from something else. */
  readonly control?: (world: ShareWorld) => Promise<ShareParts>;
}

const isAt =
  (lane: number, index: number) =>
  (part: { readonly lane: number; readonly index: number }): boolean =>
    part.lane === lane && part.index === index;

const withFragments = (
  honest: ShareParts,
  change: (fragments: ShareParts["fragments"]) => ShareParts["fragments"],
): ShareParts => ({ ...honest, fragments: change(honest.fragments) });

function flipped(bytes: Uint8Array, at = 20): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** The manifest as it is, signed anew by whoever likes, for a share that is otherwise consistent. */
async function underAnotherKey(world: ShareWorld, signer: Signer): Promise<ShareParts> {
  const { crypto, clip } = world;
  const manifest = { ...clip.manifest, clipKey: signer.publicKey };
  const envelope = await signStatement(crypto, manifestStatement, manifest, signer);
  const { digest } = readStatement(crypto, manifestStatement, envelope);
  return world.honestParts({ ...clip, manifestEnvelope: envelope, manifestDigest: digest });
}

/** Manifest and release "signed" with the identity point and zero: valid under a small-order key in careless code. */
function underWeakKey({ crypto, clip }: ShareWorld, honest: ShareParts, clipKey: Uint8Array): ShareParts {
  const signature = Uint8Array.of(1, ...new Uint8Array(63));
  const manifest = encodePayload(manifestStatement, { ...clip.manifest, clipKey });
  const release = readStatement(crypto, releaseStatement, honest.release).payloadBytes;
  return {
    ...honest,
    manifest: encodeEnvelope(manifestStatement, manifest, keyId(crypto, clipKey), signature),
    release: encodeEnvelope(releaseStatement, release, keyId(crypto, clipKey), signature),
  };
}

/** A clip whose picture fragment 5 opens under two keys; the leaf commits to the one that the seed gives. */
async function twoKeyClip({ crypto, deviceSeed }: ShareWorld) {
  const second = crypto.randomBytes(32);
  const clip = await sealClip(crypto, deviceSeed, tinyContent(), {
    replaceSeal(lane, index, key, id) {
      if (lane !== 1 || index !== 5) return null;
      const nonce = fragmentNonce(id, lane, index);
      const ciphertext = twoKeySecretbox(key, second, nonce);
      const leaf = {
        lane,
        index,
        length: ciphertext.length,
        ciphertextHash: crypto.sha256(ciphertext),
        keyCommitment: keyCommitment(crypto, key, nonce),
      };
      return { leaf, ciphertext };
    },
  });
  return { clip, second };
}

export const shareCases: readonly ShareCase[] = [
  {
    name: "an archive cut in the middle",
    expected: "shape",
    forge: (_world, honest) => buildShare(honest).subarray(0, 4096),
  },
  {
    name: "bytes behind the end of the archive",
    expected: "shape",
    forge: (_world, honest) => concatBytes(buildShare(honest), new Uint8Array(512)),
  },
  {
    name: "a leaf doubled",
    expected: "shape",
    forge: (_world, honest) => ({ ...honest, leaves: honest.leaves.flatMap((leaf) => [leaf, leaf]) }),
  },
  {
    name: "a release labelled as a manifest",
    expected: "shape",
    forge: (_world, honest) => ({ ...honest, manifest: honest.release }),
  },
  ...smallOrderPoints.map((point, i) => ({
    name: `a clip key of small order ${i}`,
    expected: "clip-key" as const,
    forge: (world: ShareWorld, honest: ShareParts) => underWeakKey(world, honest, point),
  })),
  {
    name: "a clip key with torsion",
    expected: "clip-key",
    forge: (world, honest) =>
      underWeakKey(
        world,
        honest,
        mixedOrderKey(world.clip.manifest.clipKey, smallOrderPoints[1] ?? new Uint8Array(32)),
      ),
  },
  {
    name: "a manifest signed by the clip's key, then changed",
    expected: "manifest-signature",
    forge: ({ crypto, clip }, honest) => {
      const { signature } = readStatement(crypto, manifestStatement, clip.manifestEnvelope);
      const payload = encodePayload(manifestStatement, { ...clip.manifest, clock: "unsynced" });
      const id = keyId(crypto, clip.manifest.clipKey);
      return { ...honest, manifest: encodeEnvelope(manifestStatement, payload, id, signature) };
    },
  },
  {
    name: "S + L in the manifest's signature",
    expected: "manifest-signature",
    forge: ({ crypto, clip }, honest) => {
      const { signature, payloadBytes } = readStatement(crypto, manifestStatement, clip.manifestEnvelope);
      const id = keyId(crypto, clip.manifest.clipKey);
      return { ...honest, manifest: encodeEnvelope(manifestStatement, payloadBytes, id, malleated(signature)) };
    },
  },
  {
    name: "a manifest under a key of the forger's, with the clip's own release",
    expected: "release-signature",
    forge: async (world, honest) => {
      const forger = seedSigner(world.crypto, world.crypto.randomBytes(32));
      return { ...honest, manifest: (await underAnotherKey(world, forger)).manifest };
    },
  },
  {
    name: "S + L in the release's signature",
    expected: "release-signature",
    forge: ({ crypto, clip }, honest) => {
      const { signature, payloadBytes } = readStatement(crypto, releaseStatement, honest.release);
      const id = keyId(crypto, clip.manifest.clipKey);
      return { ...honest, release: encodeEnvelope(releaseStatement, payloadBytes, id, malleated(signature)) };
    },
  },
  {
    name: "the release of another clip",
    expected: "release-signature",
    forge: async (world, honest) => ({ ...honest, release: (await world.honestParts(world.otherClip)).release }),
  },
  {
    name: "a release of this clip's key for another manifest",
    expected: "binding",
    forge: (world) => world.honestParts(world.clip, { manifest: new Uint8Array(32) }),
  },
  {
    name: "a share made for another recipient's card",
    expected: "binding",
    forge: (world) => world.honestParts(world.clip, { recipient: new Uint8Array(32) }),
  },
  {
    name: "a release beyond the end of a truncated clip",
    expected: "binding",
    forge: async (world) => {
      const short = await sealClip(world.crypto, world.deviceSeed, tinyContent(6));
      return world.honestParts(short, { lanes: [{ lane: 1, first: 4, end: 9 }] });
    },
    control: async (world) => {
      const short = await sealClip(world.crypto, world.deviceSeed, tinyContent(6));
      return world.honestParts(short, { lanes: [{ lane: 1, first: 4, end: 7 }] });
    },
  },
  {
    name: "a fragment and its leaf spliced in from another clip",
    expected: "leaf-path",
    forge: async (world, honest) => {
      const other = await world.honestParts(world.otherClip);
      const leaves = honest.leaves.map((own, i) => (isAt(1, 5)(own.leaf) ? (other.leaves[i] ?? own) : own));
      const fragments = honest.fragments.map((own, i) => (isAt(1, 5)(own) ? (other.fragments[i] ?? own) : own));
      return { ...honest, leaves, fragments };
    },
  },
  {
    name: "two leaves with each other's Merkle path",
    expected: "leaf-path",
    forge: (_world, honest) => {
      const [first, second] = [honest.leaves[1], honest.leaves[2]];
      const leaves = honest.leaves.map((own, i) => ({
        leaf: own.leaf,
        path: (i === 1 ? second : i === 2 ? first : own)?.path ?? [],
      }));
      return { ...honest, leaves };
    },
  },
  {
    name: "one bit of a fragment turned",
    expected: "ciphertext-hash",
    forge: (_world, honest) =>
      withFragments(honest, (all) =>
        all.map((own) => (isAt(1, 5)(own) ? { ...own, ciphertext: flipped(own.ciphertext) } : own)),
      ),
  },
  {
    name: "two fragments swapped under each other's name",
    expected: "ciphertext-hash",
    forge: (_world, honest) =>
      withFragments(honest, (all) => {
        const [five, six] = [all.find(isAt(1, 5)), all.find(isAt(1, 6))];
        return all.map((own) => ({
          ...own,
          ciphertext: (own === five ? six : own === six ? five : own)?.ciphertext ?? own.ciphertext,
        }));
      }),
  },
  {
    name: "a fragment of another clip under this clip's name",
    expected: "ciphertext-hash",
    forge: (world, honest) =>
      withFragments(honest, (all) =>
        all.map((own) => (isAt(1, 5)(own) ? { ...own, ciphertext: world.otherClip.ciphertext(1, 5) } : own)),
      ),
  },
  {
    name: "a fragment cut short",
    expected: "ciphertext-hash",
    forge: (_world, honest) =>
      withFragments(honest, (all) =>
        all.map((own) => (isAt(1, 5)(own) ? { ...own, ciphertext: own.ciphertext.subarray(1) } : own)),
      ),
  },
  {
    name: "a fragment dropped",
    expected: "set",
    forge: (_world, honest) => withFragments(honest, (all) => all.filter((own) => !isAt(1, 5)(own))),
  },
  {
    name: "a fragment and its leaf dropped",
    expected: "set",
    forge: (_world, honest) => ({
      ...honest,
      leaves: honest.leaves.filter(({ leaf }) => !isAt(1, 5)(leaf)),
      fragments: honest.fragments.filter((own) => !isAt(1, 5)(own)),
    }),
  },
  {
    name: "the last fragments of both lanes dropped",
    expected: "set",
    forge: (_world, honest) => ({
      ...honest,
      leaves: honest.leaves.filter(({ leaf }) => leaf.index < 8),
      fragments: honest.fragments.filter(({ index }) => index < 8),
    }),
  },
  {
    name: "a fragment doubled",
    expected: "set",
    forge: (_world, honest) =>
      withFragments(honest, (all) => all.flatMap((own) => (isAt(1, 5)(own) ? [own, own] : [own]))),
  },
  {
    name: "two fragments in each other's place",
    expected: "set",
    forge: (_world, honest) =>
      withFragments(honest, (all) => {
        const [five, six] = [all.find(isAt(1, 5)), all.find(isAt(1, 6))];
        return all.map((own) => (own === five ? (six ?? own) : own === six ? (five ?? own) : own));
      }),
  },
  {
    name: "a fragment more than was released, with its true leaf",
    expected: "set",
    forge: async (world, honest) => {
      const wider = await world.honestParts(world.clip, {
        lanes: SHARED_LANES.map((range) => ({ ...range, end: range.end + 1 })),
      });
      return { ...wider, release: honest.release, grant: honest.grant };
    },
  },
  {
    name: "a fragment that opens under two keys, with the key that its leaf does not commit to",
    expected: "key-commitment",
    forge: async (world) => {
      const { clip, second } = await twoKeyClip(world);
      const entries = grantEntries(world.crypto, clip, SHARED_LANES).map((entry) =>
        isAt(1, 5)(entry) ? { ...entry, key: second } : entry,
      );
      return { ...(await world.honestParts(clip)), grant: makeGrant(world.crypto, clip.id, entries, world.boxKey) };
    },
  },
  {
    name: "a grant sealed to somebody else",
    expected: "key-commitment",
    forge: (world, honest) => {
      const { publicKey } = world.crypto.boxKeyFromSecret(world.crypto.randomBytes(32));
      const entries = grantEntries(world.crypto, world.clip, SHARED_LANES);
      return { ...honest, grant: makeGrant(world.crypto, world.clip.id, entries, publicKey) };
    },
  },
  {
    name: "a grant with one key more than was released",
    expected: "key-commitment",
    forge: (world, honest) => {
      const wider = SHARED_LANES.map((range) => ({ ...range, end: range.end + 1 }));
      const entries = grantEntries(world.crypto, world.clip, wider);
      return { ...honest, grant: makeGrant(world.crypto, world.clip.id, entries, world.boxKey) };
    },
  },
  {
    name: "a ciphertext that was never sealed with the key its leaf commits to",
    expected: "open",
    forge: async (world) => {
      const clip = await sealClip(world.crypto, world.deviceSeed, tinyContent(), {
        replaceSeal(lane, index, key, id) {
          if (lane !== 1 || index !== 5) return null;
          const ciphertext = world.crypto.randomBytes(64);
          const ciphertextHash = world.crypto.sha256(ciphertext);
          const commitment = keyCommitment(world.crypto, key, fragmentNonce(id, lane, index));
          return { leaf: { lane, index, length: 64, ciphertextHash, keyCommitment: commitment }, ciphertext };
        },
      });
      return world.honestParts(clip);
    },
    control: async (world) => world.honestParts(await sealClip(world.crypto, world.deviceSeed, tinyContent())),
  },
  {
    name: "sound in the place of the picture's init segment",
    expected: "init",
    forge: async (world) => {
      const { video, audio } = tinyContent();
      const swapped = { video: [tinyInit("audio"), ...video.slice(1)], audio };
      return world.honestParts(await sealClip(world.crypto, world.deviceSeed, swapped));
    },
  },
  {
    name: "a fragment that goes back in time",
    expected: "init",
    forge: async (world) => {
      const { video, audio } = tinyContent();
      const looped = video.map((fragment, i) => (i === 6 ? tinyFragment(0, new Uint8Array(8)) : fragment));
      return world.honestParts(await sealClip(world.crypto, world.deviceSeed, { video: looped, audio }));
    },
  },
];

/** What the forgery is called, and what its control is called; a control that is not ok means the test would notice nothing. */
export async function runShareCase(
  world: ShareWorld,
  shareCase: ShareCase,
): Promise<{ forged: Verdict; control: Verdict }> {
  const honest = await world.honestParts();
  return {
    forged: world.verdict(await shareCase.forge(world, honest)),
    control: world.verdict(shareCase.control === undefined ? honest : await shareCase.control(world)),
  };
}

import { merklePaths } from "../../src/device/publisher/merkle-paths.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import { encodeLeaf } from "../../src/protocol/fragment.ts";
import { makeGrant } from "../../src/protocol/grant.ts";
import { leafHash } from "../../src/protocol/merkle.ts";
import { buildShare, type ShareParts } from "../../src/protocol/share.ts";
import { type Release, releaseStatement } from "../../src/protocol/statements/release.ts";
import { checkCard, createCard, type RecipientSecrets } from "../../src/recipient/card.ts";
import type { Verdict } from "../../src/recipient/verdict.ts";
import { verifyShare } from "../../src/recipient/verify-share.ts";
import { grantEntries } from "../fakes/consent-world.ts";
import { type SealedClip, sealClip, tinyContent } from "../fakes/sealed-clip.ts";

/** Seconds 3 to 7 of the picture and the sound. */
export const SHARED_LANES: Release["lanes"] = [
  { lane: 1, first: 4, end: 9 },
  { lane: 2, first: 4, end: 9 },
];

/** A device's clips and a recipient; shares are put together here as the publisher does, but every part can be another's. */
export interface ShareWorld {
  readonly crypto: Crypto;
  readonly deviceSeed: Uint8Array;
  readonly clip: SealedClip;
  readonly otherClip: SealedClip;
  readonly card: Uint8Array;
  readonly boxKey: Uint8Array;
  readonly secrets: RecipientSecrets;
  honestParts(clip?: SealedClip, changes?: Partial<Release>): Promise<ShareParts>;
  verdict(parts: ShareParts | Uint8Array): Verdict;
}

export async function makeShareWorld(crypto: Crypto): Promise<ShareWorld> {
  const deviceSeed = crypto.randomBytes(32);
  const clip = await sealClip(crypto, deviceSeed, tinyContent());
  const otherClip = await sealClip(crypto, deviceSeed, tinyContent());
  const { card, secrets } = await createCard(crypto, { name: "Insurance", url: "mqtt://127.0.0.1:1", ca: null });
  const checked = checkCard(crypto, card);
  return {
    crypto,
    deviceSeed,
    clip,
    otherClip,
    card,
    boxKey: checked.card.boxKey,
    secrets,
    async honestParts(from = clip, changes = {}) {
      const release: Release = {
        manifest: from.manifestDigest,
        lanes: SHARED_LANES,
        recipient: checked.digest,
        request: null,
        consent: new Uint8Array(32),
        ...changes,
      };
      return shareParts(crypto, from, release, checked.card.boxKey);
    },
    verdict: (parts) => verifyShare(crypto, parts instanceof Uint8Array ? parts : buildShare(parts), secrets, { card }),
  };
}

export async function shareParts(
  crypto: Crypto,
  clip: SealedClip,
  release: Release,
  boxKey: Uint8Array,
): Promise<ShareParts> {
  const { leaves } = clip.head;
  const pathOf = merklePaths(
    crypto,
    leaves.map((leaf) => leafHash(crypto, encodeLeaf(leaf))),
  );
  const shared = leaves.flatMap((leaf, position) => {
    const range = release.lanes.find(({ lane }) => lane === leaf.lane);
    const isShared = range && (leaf.index === 0 || (leaf.index >= range.first && leaf.index < range.end));
    return isShared ? [{ leaf, path: pathOf(position) }] : [];
  });
  return {
    release: await signStatement(crypto, releaseStatement, release, seedSigner(crypto, clip.clipSeed)),
    manifest: clip.manifestEnvelope,
    leaves: shared,
    grant: makeGrant(crypto, clip.id, grantEntries(crypto, clip, release.lanes), boxKey),
    facts: null,
    fragments: shared.map(({ leaf: { lane, index } }) => ({ lane, index, ciphertext: clip.ciphertext(lane, index) })),
  };
}

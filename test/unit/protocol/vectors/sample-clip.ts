import { concatBytes } from "../../../../src/protocol/bytes.ts";
import { CLOSING, encodeClipHead, encodeClosingRecord } from "../../../../src/protocol/clip-file.ts";
import { clipSigningSeed } from "../../../../src/protocol/clip-key.ts";
import { fragmentKeys, LANES, type Lane } from "../../../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { dayBoxKey, dayKey } from "../../../../src/protocol/day-chain.ts";
import { openSelfSigned, type Signer, seedSigner, signStatement } from "../../../../src/protocol/envelope.ts";
import { fragmentTiming, trackInfo } from "../../../../src/protocol/fmp4.ts";
import { encodeLeaf, type SealedFragment, sealFragment } from "../../../../src/protocol/fragment.ts";
import { leafHash, merkleRoot } from "../../../../src/protocol/merkle.ts";
import { encodeClosingMeta, encodeOpeningMeta } from "../../../../src/protocol/meta.ts";
import { clipKeyStatement } from "../../../../src/protocol/statements/clip-key.ts";
import { manifestStatement } from "../../../../src/protocol/statements/manifest.ts";
import { wrapSeed } from "../../../../src/protocol/wrap.ts";
import { media } from "./media.ts";
import { fixed, fixedId } from "./vector-file.ts";

export const FIRST_DAY = 20_500;
export const CLIP_DAY = 20_503;

const durations = ([init = new Uint8Array(), ...fragments]: readonly Uint8Array[]): number[] =>
  fragments.map((part) => Math.round(fragmentTiming(part, trackInfo(init).timescale).durationMs));

const plainLanes: readonly (readonly [Lane, readonly Uint8Array[]])[] = [
  [LANES.video, media.video],
  [LANES.audio, media.audio],
  [LANES.thumbnail, [media.thumbnail]],
  [
    LANES.meta,
    [
      encodeOpeningMeta({ trigger: "ring", startMs: 1_771_500_005_000, clock: "synced", preRollMs: 2_000 }),
      encodeClosingMeta({
        durationMs: 6_000,
        video: durations(media.video),
        audio: durations(media.audio),
        retriggers: [3_500],
      }),
    ],
  ],
];

export interface SampleFragment extends SealedFragment {
  readonly lane: Lane;
  readonly index: number;
  readonly key: Uint8Array;
  readonly plain: Uint8Array;
}

export interface SampleClip {
  readonly clip: Uint8Array;
  readonly seed: Uint8Array;
  readonly deviceSeed: Uint8Array;
  readonly clipSigner: Signer;
  readonly clipSigningSeed: Uint8Array;
  /** Sorted by lane, then index. */
  readonly fragments: readonly SampleFragment[];
  readonly leafHashes: readonly Uint8Array[];
  readonly wraps: readonly Uint8Array[];
  readonly manifest: Uint8Array;
  readonly manifestDigest: Uint8Array;
  readonly clipKeyStatement: Uint8Array;
  readonly file: Uint8Array;
}

/** What a dishonest or broken device does to a clip before it signs. */
export type Tampering = (fragment: SampleFragment) => SampleFragment;

/** One whole clip: real picture and sound, two members, closed in full. */
export async function sampleClip(crypto: Crypto, tamper: Tampering = (same) => same): Promise<SampleClip> {
  const [clip, seed, deviceSeed] = [fixedId("clip"), fixed("clip seed"), fixed("device")];
  const fragments = plainLanes.flatMap(([lane, parts]) => {
    const keys = fragmentKeys(crypto, seed, lane, parts.length);
    return parts.map((plain, index) => {
      const key = keys[index] ?? new Uint8Array();
      return tamper({ lane, index, key, plain, ...sealFragment(crypto, clip, lane, index, key, plain) });
    });
  });
  const leafHashes = fragments.map(({ leaf }) => leafHash(crypto, encodeLeaf(leaf)));
  const signingSeed = clipSigningSeed(crypto, deviceSeed, clip);
  const clipSigner = seedSigner(crypto, signingSeed);
  const manifest = await signStatement(
    crypto,
    manifestStatement,
    {
      clip,
      clipKey: clipSigner.publicKey,
      leaves: { video: media.video.length, audio: media.audio.length, thumbnail: 1, meta: 2 },
      root: merkleRoot(crypto, leafHashes),
      closed: "full",
      clock: "synced",
    },
    clipSigner,
  );
  const device = seedSigner(crypto, deviceSeed);
  const binding = { device: device.publicKey, clip, clipKey: clipSigner.publicKey };
  const clipKeyEnvelope = await signStatement(crypto, clipKeyStatement, binding, device);
  const wraps = ["owner", "second owner"].map((member) => {
    const chainKey = dayKey(crypto, fixed(`${member} day chain`), FIRST_DAY, CLIP_DAY);
    return wrapSeed(crypto, CLIP_DAY, dayBoxKey(crypto, chainKey).publicKey, seed);
  });
  return {
    clip,
    seed,
    deviceSeed,
    clipSigner,
    clipSigningSeed: signingSeed,
    fragments,
    leafHashes,
    wraps,
    manifest,
    manifestDigest: openSelfSigned(crypto, manifestStatement, manifest, ({ clipKey }) => clipKey).digest,
    clipKeyStatement: clipKeyEnvelope,
    file: concatBytes(
      encodeClipHead(crypto, { clip, day: CLIP_DAY, wraps }),
      ...inWritingOrder(fragments).map(({ leaf, ciphertext }) => concatBytes(encodeLeaf(leaf), ciphertext)),
      encodeClosingRecord(crypto, CLOSING.manifest, manifest),
      encodeClosingRecord(crypto, CLOSING.clipKey, clipKeyEnvelope),
    ),
  };
}

/** Meta 0 first, then the inits, then picture and sound as they come, thumbnail and the rest of meta at the end. */
function inWritingOrder(fragments: readonly SampleFragment[]): SampleFragment[] {
  const place = ({ lane, index }: SampleFragment): number => {
    if (lane === LANES.meta) return index === 0 ? -1 : 1_000;
    return lane === LANES.thumbnail ? 999 : index * 10 + lane;
  };
  return fragments.toSorted((a, b) => place(a) - place(b));
}

import { VaultError } from "../../src/device/vault/errors.ts";
import type { ClipHead, ClipRow } from "../../src/device/vault/types.ts";
import { equalBytes } from "../../src/protocol/bytes.ts";
import { clipSigningSeed } from "../../src/protocol/clip-key.ts";
import { LANES, type Lane, LaneRatchet } from "../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { readStatement, seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import { encodeLeaf, type LeafData, sealFragment } from "../../src/protocol/fragment.ts";
import { leafHash, merkleRoot } from "../../src/protocol/merkle.ts";
import { clipKeyStatement } from "../../src/protocol/statements/clip-key.ts";
import { type Manifest, manifestStatement } from "../../src/protocol/statements/manifest.ts";
import { tinyLane } from "./tiny-mp4.ts";

export interface SealedClip {
  readonly id: Uint8Array;
  readonly seed: Uint8Array;
  readonly clipSeed: Uint8Array;
  readonly head: ClipHead;
  readonly manifest: Manifest;
  readonly manifestEnvelope: Uint8Array;
  readonly manifestDigest: Uint8Array;
  readonly clipKeyEnvelope: Uint8Array;
  ciphertext(lane: number, index: number): Uint8Array;
}

export interface ClipContent {
  readonly video: readonly Uint8Array[];
  readonly audio: readonly Uint8Array[];
  /** Plain bytes of both meta records; by default none that can be read. */
  readonly meta?: readonly Uint8Array[];
}

export const tinyContent = (seconds = 10): ClipContent => ({
  video: tinyLane("video", seconds),
  audio: tinyLane("audio", seconds),
});

/** Seals a clip in memory as the vault does on disk; `replaceLeaf` may put another seal in the place of one. */
export async function sealClip(
  crypto: Crypto,
  deviceSeed: Uint8Array,
  content: ClipContent = tinyContent(),
  options: {
    readonly manifest?: Partial<Manifest>;
    readonly replaceSeal?: (
      lane: number,
      index: number,
      key: Uint8Array,
      id: Uint8Array,
    ) => { leaf: LeafData; ciphertext: Uint8Array } | null;
  } = {},
): Promise<SealedClip> {
  const id = crypto.randomBytes(16);
  const seed = crypto.randomBytes(32);
  const meta = content.meta ?? [Uint8Array.of(1), Uint8Array.of(2)];
  const lanes: readonly (readonly [Lane, readonly Uint8Array[]])[] = [
    [LANES.video, content.video],
    [LANES.audio, content.audio],
    [LANES.thumbnail, [Uint8Array.of(0xff, 0xd8)]],
    [LANES.meta, meta],
  ];
  const leaves: LeafData[] = [];
  const ciphertexts = new Map<string, Uint8Array>();
  for (const [lane, fragments] of lanes) {
    const ratchet = new LaneRatchet(crypto, seed, lane);
    for (const plain of fragments) {
      const { index, key } = ratchet.next();
      const sealed = options.replaceSeal?.(lane, index, key, id) ?? sealFragment(crypto, id, lane, index, key, plain);
      leaves.push(sealed.leaf);
      ciphertexts.set(`${lane}/${index}`, sealed.ciphertext);
    }
  }
  const clipSeed = clipSigningSeed(crypto, deviceSeed, id);
  const signer = seedSigner(crypto, clipSeed);
  const manifest: Manifest = {
    clip: id,
    clipKey: signer.publicKey,
    leaves: { video: content.video.length, audio: content.audio.length, thumbnail: 1, meta: meta.length },
    root: merkleRoot(
      crypto,
      leaves.map((leaf) => leafHash(crypto, encodeLeaf(leaf))),
    ),
    closed: "full",
    clock: "synced",
    ...options.manifest,
  };
  const manifestEnvelope = await signStatement(crypto, manifestStatement, manifest, signer);
  const device = seedSigner(crypto, deviceSeed);
  const clipKeyEnvelope = await signStatement(
    crypto,
    clipKeyStatement,
    { device: device.publicKey, clip: id, clipKey: signer.publicKey },
    device,
  );
  return {
    id,
    seed,
    clipSeed,
    head: { id, day: 20_454, wraps: [], leaves, manifest: manifestEnvelope, clipKey: clipKeyEnvelope },
    manifest,
    manifestEnvelope,
    manifestDigest: readStatement(crypto, manifestStatement, manifestEnvelope).digest,
    clipKeyEnvelope,
    ciphertext(lane, index) {
      const found = ciphertexts.get(`${lane}/${index}`);
      if (found === undefined) throw new Error(`the clip has no ${lane}/${index}`);
      return found;
    },
  };
}

/** What consent and publisher ask a vault, answered from memory. */
export class FakeShelf {
  readonly clips: SealedClip[] = [];
  /** Ids of clips that are still being recorded. */
  readonly stillOpen: Uint8Array[] = [];

  erase(id: Uint8Array): void {
    const at = this.clips.findIndex((clip) => equalBytes(clip.id, id));
    if (at >= 0) this.clips.splice(at, 1);
  }

  find(id: Uint8Array): ClipRow | null {
    const clip = this.clips.find((candidate) => equalBytes(candidate.id, id));
    if (clip === undefined) return null;
    const { day } = clip.head;
    const state = this.stillOpen.some((open) => equalBytes(open, id)) ? "open" : "sealed";
    return { id, day, bytes: 1, pinned: false, state, leaves: clip.manifest.leaves };
  }

  head(id: Uint8Array): Promise<ClipHead> {
    return Promise.resolve().then(() => this.#clip(id).head);
  }

  readFragment(id: Uint8Array, lane: number, index: number): Promise<Uint8Array> {
    return Promise.resolve().then(() => this.#clip(id).ciphertext(lane, index));
  }

  #clip(id: Uint8Array): SealedClip {
    const clip = this.clips.find((candidate) => equalBytes(candidate.id, id));
    if (clip === undefined) throw new VaultError("vault/clip-not-found", "no such clip");
    return clip;
  }
}

import { createHash } from "node:crypto";
import { wipe } from "../../protocol/bytes.ts";
import { clipSigningSeed } from "../../protocol/clip-key.ts";
import { isLane, type Lane } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { seedSigner, signStatement } from "../../protocol/envelope.ts";
import { encodeLeaf } from "../../protocol/fragment.ts";
import { leafHash } from "../../protocol/merkle.ts";
import { type ReadFragment, type ShareHead, ShareLayout, shareFiles } from "../../protocol/share.ts";
import { type Release, releaseStatement } from "../../protocol/statements/release.ts";
import type { Clearance } from "../consent/clearance.ts";
import type { Secret } from "../platform/secret.ts";
import { VaultError } from "../vault/errors.ts";
import type { ClipHead } from "../vault/types.ts";
import { merklePaths } from "./merkle-paths.ts";
import type { SealedClips } from "./ports.ts";

export interface SharePorts {
  readonly crypto: Crypto;
  readonly vault: SealedClips;
  readonly deviceSeed: Secret<Uint8Array>;
}

/**
 * The bytes of one share, made anew from the vault whenever they are asked for: nothing of it is stored or held whole.
 * The same clearance gives the same bytes, also after a reboot, so a delivery goes on where it was.
 */
export class ShareSource {
  readonly length: number;
  readonly #head: ShareHead;
  readonly #layout: ShareLayout;
  readonly #readFragment: ReadFragment;

  private constructor(head: ShareHead, readFragment: ReadFragment) {
    this.#head = head;
    this.#layout = new ShareLayout(head);
    this.#readFragment = readFragment;
    this.length = this.#layout.length;
  }

  /** @throws VaultError when the clip is gone or damaged. */
  static async of(clearance: Clearance, { crypto, vault, deviceSeed }: SharePorts): Promise<ShareSource> {
    const { consent, consentDigest, grant, facts } = clearance;
    const head = await vault.head(consent.clip);
    if (head.manifest === null) throw new VaultError("vault/still-open", "a share needs a closed clip");
    const { manifest, lanes, recipient, request } = consent;
    const release = await signRelease(crypto, deviceSeed, consent.clip, {
      manifest,
      lanes,
      recipient,
      request,
      consent: consentDigest,
    });
    const shared = sharedLeaves(crypto, head, lanes);
    return new ShareSource({ release, manifest: head.manifest, leaves: shared, grant, facts }, (lane, index) =>
      vault.readFragment(consent.clip, laneOf(lane), index),
    );
  }

  read(from: number, to: number): Promise<Uint8Array> {
    return this.#layout.read(from, to, this.#readFragment);
  }

  /** The whole archive in pieces, one fragment at a time. */
  stream(): AsyncIterable<Uint8Array> {
    return shareFiles(this.#head, this.#readFragment);
  }

  async digest(): Promise<Uint8Array> {
    const hash = createHash("sha256");
    for await (const piece of this.stream()) hash.update(piece);
    return Uint8Array.from(hash.digest());
  }
}

function sharedLeaves(crypto: Crypto, { leaves }: ClipHead, lanes: Release["lanes"]): ShareHead["leaves"] {
  const pathOf = merklePaths(
    crypto,
    leaves.map((leaf) => leafHash(crypto, encodeLeaf(leaf))),
  );
  return leaves.flatMap((leaf, position) => {
    const range = lanes.find(({ lane }) => lane === leaf.lane);
    const isShared = range && (leaf.index === 0 || (leaf.index >= range.first && leaf.index < range.end));
    return isShared ? [{ leaf, path: pathOf(position) }] : [];
  });
}

async function signRelease(
  crypto: Crypto,
  deviceSeed: Secret<Uint8Array>,
  clip: Uint8Array,
  release: Release,
): Promise<Uint8Array> {
  const seed = clipSigningSeed(crypto, deviceSeed.reveal(), clip);
  const envelope = await signStatement(crypto, releaseStatement, release, seedSigner(crypto, seed));
  wipe(seed);
  return envelope;
}

function laneOf(lane: number): Lane {
  if (!isLane(lane)) throw new RangeError(`no lane ${lane}`);
  return lane;
}

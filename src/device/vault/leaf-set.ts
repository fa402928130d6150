import { LANES, type LaneName } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { encodeLeaf, type LeafData } from "../../protocol/fragment.ts";
import { leafHash, merkleRoot } from "../../protocol/merkle.ts";
import type { LeafCounts } from "../../protocol/statements/manifest.ts";

/** The leaves of one clip, lane by lane, each lane without gaps. */
export class LeafSet {
  readonly #lanes: readonly LeafData[][] = [[], [], [], []];

  /** Takes the leaf when it is the next of its lane; false leaves the set as it was. */
  add(leaf: LeafData): boolean {
    const lane = this.#lanes[leaf.lane - 1];
    if (lane === undefined || leaf.index !== lane.length) return false;
    lane.push(leaf);
    return true;
  }

  get size(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.length, 0);
  }

  counts(): LeafCounts {
    const count = (name: LaneName): number => this.#lanes[LANES[name] - 1]?.length ?? 0;
    return { audio: count("audio"), meta: count("meta"), thumbnail: count("thumbnail"), video: count("video") };
  }

  /** Sorted by lane, then index. */
  all(): LeafData[] {
    return this.#lanes.flat();
  }

  root(crypto: Crypto): Uint8Array {
    return merkleRoot(
      crypto,
      this.all().map((leaf) => leafHash(crypto, encodeLeaf(leaf))),
    );
  }
}

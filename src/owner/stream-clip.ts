import { wipe } from "../protocol/bytes.ts";
import { fragmentKeys, LANES, type Lane } from "../protocol/clip-keys.ts";
import { type Opener, openLeaf } from "./open-clip.ts";

/** One leaf of picture or sound as it arrives; null: it cannot be opened, and what is around it still plays. */
export interface StreamedFragment {
  readonly lane: Lane;
  /** 0: the init segment. */
  readonly index: number;
  readonly bytes: Uint8Array | null;
}

/** Small at first, so that something plays soon; then larger, since each request costs a round trip. */
const BATCHES = [2, 4, 8, 32] as const;
/** With which a film begins: its init segment and its first second. */
export const [FIRST_BATCH] = BATCHES;

/**
 * Opens a verified clip's picture and sound from the beginning, side by side, so that it can play while the rest arrives.
 * Each leaf is opened when it is asked for: whoever has other things to do does them in between.
 */
export async function* streamClip(
  opener: Opener,
  signal: { readonly aborted: boolean },
): AsyncGenerator<StreamedFragment> {
  const tracks = [LANES.video, LANES.audio].map((lane) => {
    const leaves = opener.clip.leaves.filter((leaf) => leaf.lane === lane);
    return { lane, leaves, keys: fragmentKeys(opener.crypto, opener.seed, lane, leaves.length) };
  });
  const longest = Math.max(...tracks.map(({ leaves }) => leaves.length));
  try {
    for (let [at, round] = [0, 0]; at < longest; round += 1) {
      const size = BATCHES[Math.min(round, BATCHES.length - 1)] ?? 1;
      if (signal.aborted) return;
      const fetched = await Promise.all(
        tracks.map(async ({ leaves, ...track }) => {
          const batch = leaves.slice(at, at + size);
          const ciphertexts = batch.length === 0 ? [] : await opener.source.fragments(opener.clip.clip, batch);
          return { ...track, batch, ciphertexts };
        }),
      );
      for (const { lane, batch, keys, ciphertexts } of fetched) {
        for (const [i, leaf] of batch.entries()) {
          if (signal.aborted) return;
          const opened = openLeaf(opener, leaf, keys[leaf.index], ciphertexts[i]);
          yield { lane, index: leaf.index, bytes: typeof opened === "string" ? null : opened };
        }
      }
      at += size;
    }
  } finally {
    for (const { keys } of tracks) wipe(...keys);
  }
}

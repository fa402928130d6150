import { openClipSeed } from "../../owner/clip-seed.ts";
import { openLeaves } from "../../owner/open-clip.ts";
import type { ClipSource } from "../../owner/verify-clip.ts";
import { fromHex, wipe } from "../../protocol/bytes.ts";
import { fragmentKeys, LANES } from "../../protocol/clip-keys.ts";
import type { Ground } from "../ground/ground.ts";

/** Somebody is at the door now. */
export interface Ring {
  /** Unix milliseconds by the doorbell's clock. */
  readonly atMs: number;
  /** The clip that began with it, in hex; null until the doorbell has opened one, or when it records nothing. */
  readonly clip: string | null;
  /** MP4 of one picture: the newest before the ring; null until it is there. */
  readonly film: Uint8Array | null;
  /** JPEG, smaller and later; null until it is there. */
  readonly still: Uint8Array | null;
  /** No still was found where it should be; a later notice may bring one all the same. */
  readonly isStillOver: boolean;
}

const STILL_TRIES = 6;
const STILL_PAUSE_MS = 400;

/**
 * The still of a clip that is being recorded. No manifest is signed yet, so it is only as sure as the link that brought
 * it: good enough to look at now, and the sealed clip replaces it. Null when there is none in time.
 */
export async function stillOfOpenClip(ground: Ground, source: ClipSource, id: string): Promise<Uint8Array | null> {
  const clip = fromHex(id);
  for (let attempt = 0; attempt < STILL_TRIES; attempt += 1) {
    const head = await source.head(clip);
    const leaf = head.leaves.find(({ lane }) => lane === LANES.thumbnail);
    if (leaf === undefined) {
      await new Promise((resolve) => setTimeout(resolve, STILL_PAUSE_MS));
      continue;
    }
    const seed = openClipSeed(ground.crypto, await ground.store.read(), head);
    const keys = fragmentKeys(ground.crypto, seed, LANES.thumbnail, 1);
    wipe(seed);
    const verified = { ...head, clip } as never;
    const [still] = await openLeaves(
      { crypto: ground.crypto, source, clip: verified },
      LANES.thumbnail,
      [leaf],
      keys,
      [],
    );
    return still ?? null;
  }
  return null;
}

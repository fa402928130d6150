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
  /** MP4 of one picture: the newest before the ring, or the clip's own; null until it is there. */
  readonly picture: Uint8Array | null;
  /** None was found where it should be; a later notice may bring one all the same. */
  readonly isPictureOver: boolean;
}

const TRIES = 6;
/** The doorbell sends the picture by itself as soon as the clip is open. */
const PAUSE_MS = 400;

/**
 * The thumbnail of a clip that is being recorded, for whoever missed what was sent. No manifest is signed yet, so it is only
 * as sure as the link that brought it: good enough to look at now, and the sealed clip replaces it.
 * @returns Null when there is none in time, or it is missed no longer.
 */
export async function pictureOfOpenClip(
  ground: Ground,
  source: ClipSource,
  id: string,
  isMissed: () => boolean,
): Promise<Uint8Array | null> {
  const clip = fromHex(id);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (!isMissed()) return null;
    const head = await source.head(clip);
    if (!isMissed()) return null;
    const leaf = head.leaves.find(({ lane }) => lane === LANES.thumbnail);
    if (leaf === undefined) continue;
    const seed = openClipSeed(ground.crypto, await ground.store.read(), head);
    const keys = fragmentKeys(ground.crypto, seed, LANES.thumbnail, 1);
    wipe(seed);
    const verified = { ...head, clip } as never;
    const [picture] = await openLeaves(
      { crypto: ground.crypto, source, clip: verified },
      LANES.thumbnail,
      [leaf],
      keys,
      [],
    );
    wipe(...keys);
    return picture ?? null;
  }
  return null;
}

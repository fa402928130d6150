import { openClipSeed } from "../../owner/clip-seed.ts";
import { type OpenedClip, openClip } from "../../owner/open-clip.ts";
import { type ClipSource, type VerifiedClip, verifyClip } from "../../owner/verify-clip.ts";
import { fromBase64url, fromHex, wipe } from "../../protocol/bytes.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import type { Ground } from "../ground/ground.ts";

export interface ReadClip {
  readonly clip: VerifiedClip;
  readonly opened: OpenedClip;
}

/** `summary`: times and the thumbnail, without the film. */
export type ClipPart = "summary" | "all";

/** A clip's list of fragments, checked against what the doorbell signed. @throws OwnerError `owner/clip-…`. */
export async function verifiedClip(ground: Ground, source: ClipSource, id: string): Promise<VerifiedClip> {
  const clip = fromHex(id);
  const [{ deviceKey }, head] = await Promise.all([ground.store.device(), source.head(clip)]);
  return verifyClip(ground.crypto, fromBase64url(deviceKey), clip, head);
}

/** Lends the clip's seed and wipes it afterwards. @throws OwnerError `owner/no-key`. */
export async function withSeed<T>(
  { crypto, store }: Ground,
  clip: VerifiedClip,
  use: (seed: Uint8Array) => Promise<T> | T,
): Promise<T> {
  const seed = openClipSeed(crypto, await store.read(), clip);
  try {
    return await use(seed);
  } finally {
    wipe(seed);
  }
}

export async function readClip(
  ground: Ground,
  source: ClipSource,
  id: string,
  part: ClipPart,
  onProgress?: (done: number, total: number) => void,
): Promise<ReadClip> {
  const clip = await verifiedClip(ground, source, id);
  const isWanted = (lane: number): boolean => part === "all" || lane === LANES.meta || lane === LANES.thumbnail;
  const leaves = clip.leaves.filter(({ lane }) => isWanted(lane));
  const progress = onProgress === undefined ? {} : { onProgress };
  const opened = await withSeed(ground, clip, (seed) =>
    openClip({ crypto: ground.crypto, source, clip: { ...clip, leaves }, seed, ...progress }),
  );
  return { clip, opened };
}

import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { openClipSeed } from "../owner/clip-seed.ts";
import { type OpenedClip, openClip } from "../owner/open-clip.ts";
import { type VerifiedClip, verifyClip } from "../owner/verify-clip.ts";
import { wipe } from "../protocol/bytes.ts";
import { LANES } from "../protocol/clip-keys.ts";
import type { DoorbellSession } from "./doorbell-session.ts";

export interface ReadClip {
  readonly clip: VerifiedClip;
  readonly opened: OpenedClip;
}

/** A clip's list of fragments, checked, and what of it `part` asks for, opened. */
export async function readClip(
  session: DoorbellSession,
  id: Uint8Array,
  part: "all" | "times",
  onProgress?: (done: number, total: number) => void,
): Promise<ReadClip> {
  const { doorbell } = session;
  const clip = await verifiedClip(session, id);
  const leaves = part === "all" ? clip.leaves : clip.leaves.filter(({ lane }) => lane === LANES.meta);
  const progress = onProgress === undefined ? {} : { onProgress };
  const opened = await withSeed(session, clip, (seed) =>
    openClip({ crypto: nodeCrypto, source: doorbell, clip: { ...clip, leaves }, seed, ...progress }),
  );
  return { clip, opened };
}

export async function verifiedClip({ doorbell, deviceKey }: DoorbellSession, id: Uint8Array): Promise<VerifiedClip> {
  return verifyClip(nodeCrypto, deviceKey, id, await doorbell.head(id));
}

/** Lends the clip's seed and wipes it afterwards. @throws OwnerError `owner/no-key`. */
export async function withSeed<T>(
  { store }: DoorbellSession,
  clip: VerifiedClip,
  use: (seed: Uint8Array) => Promise<T> | T,
): Promise<T> {
  const seed = openClipSeed(nodeCrypto, await store.read(), clip);
  try {
    return await use(seed);
  } finally {
    wipe(seed);
  }
}

import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import { fragmentKeys, LANES, type Lane } from "../../src/protocol/clip-keys.ts";
import { fragmentTiming, trackInfo } from "../../src/protocol/fmp4.ts";
import { openFragment } from "../../src/protocol/fragment.ts";
import { decodeOpeningMeta, META } from "../../src/protocol/meta.ts";
import type { ClipContent } from "./clip-files.ts";

/** Unix milliseconds at which the last picture of a clip ends, by the clip itself; null when it has none. */
export function pictureEndMs(content: ClipContent, owner: OwnerState): number | null {
  const seed = openClipSeed(crypto, owner, content.head);
  const lane = (wanted: Lane) => content.records.filter(({ leaf }) => leaf.lane === wanted);
  const open = (wanted: Lane, index: number): Uint8Array | null => {
    const record = lane(wanted).find(({ leaf }) => leaf.index === index);
    const key = fragmentKeys(crypto, seed, wanted, index + 1)[index];
    if (record === undefined || key === undefined) return null;
    return openFragment(crypto, content.head.clip, record.leaf, key, record.ciphertext);
  };
  const [meta, init] = [open(LANES.meta, META.opening), open(LANES.video, 0)];
  const last = open(LANES.video, lane(LANES.video).length - 1);
  if (meta === null || init === null || last === null || lane(LANES.video).length < 2) return null;
  const { startMs: triggerMs, preRollMs } = decodeOpeningMeta(meta);
  const { startMs, durationMs } = fragmentTiming(last, trackInfo(init).timescale);
  return triggerMs - preRollMs + startMs + durationMs;
}

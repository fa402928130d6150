import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { boxKeyOfDay } from "../../src/owner/day-keys.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import type { ClipHead } from "../../src/owner/verify-clip.ts";
import { LANES, type LaneName } from "../../src/protocol/clip-keys.ts";
import { parseWrap } from "../../src/protocol/wrap.ts";
import type { Pattern } from "./search.ts";

export interface ClipSecrets {
  readonly seed: Uint8Array;
  /** All that opens the clip or one of its fragments, the seed included. */
  readonly patterns: readonly Pattern[];
  /** Public keys of the ephemeral secrets that the seed was wrapped with: such a secret opens the wrap. */
  readonly ephemeralPublicKeys: readonly Uint8Array[];
}

export const SEED = "seed";

/** What only a member can compute of a clip: for looking whether the device still has any of it. */
export function clipSecrets(owner: OwnerState, { clip, wraps, leaves }: ClipHead): ClipSecrets {
  const seed = openClipSeed(crypto, owner, { clip, wraps });
  const patterns: Pattern[] = [{ name: SEED, bytes: seed }];
  for (const [name, lane] of Object.entries(LANES)) {
    const count = leaves.filter((leaf) => leaf.lane === lane).length;
    patterns.push(...laneKeys(seed, name as LaneName, count));
  }
  const sealed = wraps.map((wrap) => parseWrap(wrap));
  for (const { day, sealedSeed } of sealed) {
    const dayKey = boxKeyOfDay(crypto, owner.days, day);
    if (dayKey === null) continue;
    patterns.push({
      name: "secret shared with a member",
      bytes: crypto.agree(dayKey.secretKey, sealedSeed.subarray(0, 32)),
    });
  }
  return { seed, patterns, ephemeralPublicKeys: sealed.map(({ sealedSeed }) => sealedSeed.slice(0, 32)) };
}

/** Chain keys and fragment keys of a lane, by docs/protocol.md: not by the ratchet, which wipes the former. */
function laneKeys(seed: Uint8Array, name: LaneName, count: number): Pattern[] {
  const text = (word: string): Uint8Array => new TextEncoder().encode(word);
  const keys: Pattern[] = [];
  let chain = crypto.hmac(seed, text("lane"), Uint8Array.of(LANES[name]));
  for (let index = 0; index <= count; index += 1) {
    keys.push({ name: `chain key ${name} ${index}`, bytes: chain });
    if (index < count)
      keys.push({ name: `fragment key ${name} ${index}`, bytes: crypto.hmac(chain, text("fragment")) });
    chain = crypto.hmac(chain, text("next"));
  }
  return keys;
}

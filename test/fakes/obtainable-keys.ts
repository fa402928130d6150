import { toHex, utf8 } from "../../src/protocol/bytes.ts";
import { fragmentNonce, keyCommitment, LANES } from "../../src/protocol/clip-keys.ts";
import type { BoxKeyPair, Crypto } from "../../src/protocol/crypto.ts";
import { openSealed } from "../../src/protocol/sealed-message.ts";
import type { SealedClip } from "./sealed-clip.ts";

const KEY_BYTES = 32;
/** Of a grant: `clip 16`, then `lane 1 · index 4 · key 32` for each. */
const CLIP_BYTES = 16;
const ENTRY_BYTES = 37;
const KEY_OFFSET = 5;

/**
 * Every fragment of these clips that somebody can open who has these grants and the recipient's key. Each run of 32 bytes in what
 * the grants hold is tried as a fragment's key, and each that stands where a key belongs also as a link of a ratchet and as a seed.
 */
export function obtainableFragments(
  crypto: Crypto,
  grants: readonly Uint8Array[],
  boxKey: BoxKeyPair,
  clips: readonly SealedClip[],
): string[] {
  const commitments = new Map<string, string>();
  for (const { id, head } of clips) {
    for (const { lane, index, keyCommitment: commitment } of head.leaves) {
      commitments.set(toHex(commitment), `${toHex(id)} ${lane}/${index}`);
    }
  }
  const places = clips.flatMap(({ id, head }) => head.leaves.map(({ lane, index }) => ({ id, lane, index })));
  const longest = Math.max(...places.map(({ index }) => index)) + 1;
  const found = new Set<string>();
  const tryKey = (key: Uint8Array): void => {
    for (const { id, lane, index } of places) {
      const place = commitments.get(toHex(keyCommitment(crypto, key, fragmentNonce(id, lane, index))));
      if (place !== undefined) found.add(place);
    }
  };
  for (const grant of grants) {
    const plain = openSealed(crypto, boxKey, grant);
    if (plain === null) continue;
    for (let at = 0; at + KEY_BYTES <= plain.length; at += 1) {
      const secret = plain.slice(at, at + KEY_BYTES);
      tryKey(secret);
      if ((at - CLIP_BYTES) % ENTRY_BYTES === KEY_OFFSET)
        for (const key of derivable(crypto, secret, longest)) tryKey(key);
    }
  }
  return [...found].toSorted((a, b) => (a < b ? -1 : 1));
}

/** What follows from a secret by every step of the key schedule. */
function derivable(crypto: Crypto, secret: Uint8Array, steps: number): Uint8Array[] {
  const starts = [
    secret,
    ...Object.values(LANES).map((lane) => crypto.hmac(secret, utf8("lane"), Uint8Array.of(lane))),
  ];
  return starts.flatMap((start) => {
    const keys: Uint8Array[] = [];
    let chain = start;
    for (let i = 0; i < steps; i += 1) {
      keys.push(crypto.hmac(chain, utf8("fragment")));
      chain = crypto.hmac(chain, utf8("next"));
    }
    return keys;
  });
}

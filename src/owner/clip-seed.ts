import { fromBase64url, toBase64url, toHex } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { openWrap, parseWrap } from "../protocol/wrap.ts";
import { boxKeyOfDay } from "./day-keys.ts";
import { OwnerError } from "./errors.ts";
import type { OwnerState } from "./owner-state.ts";

interface WrappedClip {
  readonly clip: Uint8Array;
  readonly wraps: readonly Uint8Array[];
}

/** The seed from which all of a clip's keys follow; the caller wipes it. @throws OwnerError `owner/no-key`. */
export function openClipSeed(crypto: Crypto, state: OwnerState, { clip, wraps }: WrappedClip): Uint8Array {
  const pinned = state.pinnedSeeds[toHex(clip)];
  if (pinned !== undefined) return fromBase64url(pinned);
  for (const wrap of wraps) {
    const seed = openOne(crypto, state, wrap);
    if (seed !== null) return seed;
  }
  throw new OwnerError("owner/no-key", "the clip is not sealed for this owner, or its day is over");
}

function openOne(crypto: Crypto, state: OwnerState, wrap: Uint8Array): Uint8Array | null {
  try {
    const key = boxKeyOfDay(crypto, state.days, parseWrap(wrap).day);
    return key === null ? null : openWrap(crypto, wrap, key);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Keeps a clip openable beyond its day. */
export function keepSeed(state: OwnerState, clip: Uint8Array, seed: Uint8Array): OwnerState {
  return { ...state, pinnedSeeds: { ...state.pinnedSeeds, [toHex(clip)]: toBase64url(seed) } };
}

/** After this the clip's own day decides again whether it opens. */
export function dropSeed(state: OwnerState, clip: Uint8Array): OwnerState {
  const { [toHex(clip)]: dropped, ...pinnedSeeds } = state.pinnedSeeds;
  return dropped === undefined ? state : { ...state, pinnedSeeds };
}

/**
 * A hold keeps the clips of a range of time from retention and from a full card, and their seeds in the owner's state, so that they
 * open after their days are forgotten. The doorbell knows it as pinned clips only: its card tells neither that there is a hold
 * nor why.
 */

import { toHex } from "../protocol/bytes.ts";
import { dropSeed, keepSeed } from "./clip-seed.ts";
import type { Hold, OwnerState } from "./owner-state.ts";

/** A clip to be held, and the seed that opens it; `wasPinned`: it stays pinned when the hold ends. */
export interface HeldClip {
  readonly clip: Uint8Array;
  readonly seed: Uint8Array;
  readonly wasPinned: boolean;
}

/** To be saved before the doorbell pins: a clip that is kept without its seed would never open again. */
export function addHold(state: OwnerState, range: Omit<Hold, "pinned">, clips: readonly HeldClip[]): OwnerState {
  const kept = clips.reduce((before, { clip, seed }) => keepSeed(before, clip, seed), state);
  const mine = clips.filter(({ clip, wasPinned }) => !wasPinned || isHeld(state, clip)).map(({ clip }) => toHex(clip));
  return { ...kept, holds: [...(state.holds ?? []), { ...range, pinned: mine }] };
}

/** Names of the holds that keep a clip. */
export function holdsOf({ holds = [] }: OwnerState, clip: Uint8Array): string[] {
  const id = toHex(clip);
  return holds.filter(({ pinned }) => pinned.includes(id)).map(({ name }) => name);
}

export const isHeld = (state: OwnerState, clip: Uint8Array): boolean => holdsOf(state, clip).length > 0;

/** The clips, in hex, that nothing else holds once this one ends: the doorbell may let them go. */
export function releasedBy({ holds = [] }: OwnerState, name: string): string[] {
  const others = new Set(holds.filter((hold) => hold.name !== name).flatMap(({ pinned }) => pinned));
  return holds.filter((hold) => hold.name === name).flatMap(({ pinned }) => pinned.filter((clip) => !others.has(clip)));
}

export function removeHold(state: OwnerState, name: string, released: readonly Uint8Array[]): OwnerState {
  const without = released.reduce(dropSeed, state);
  return { ...without, holds: (state.holds ?? []).filter((hold) => hold.name !== name) };
}

/** The owner pinned a clip that was held: it stays when the hold ends. */
export function keepAfterHolds(state: OwnerState, clip: Uint8Array): OwnerState {
  if (!isHeld(state, clip)) return state;
  const id = toHex(clip);
  const holds = (state.holds ?? []).map((hold) => ({ ...hold, pinned: hold.pinned.filter((held) => held !== id) }));
  return { ...state, holds };
}

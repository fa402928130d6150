import type { Facts } from "../protocol/facts.ts";
import type { Manifest } from "../protocol/statements/manifest.ts";
import type { Release } from "../protocol/statements/release.ts";

/** What can be wrong with a share, in the order in which it is looked for. */
export const failures = {
  shape: "It is not a share as this protocol writes it, or it is cut short.",
  "clip-key": "The clip's public key is one under which a signature proves nothing.",
  "manifest-signature": "The list of the clip's fragments is not signed by the clip's key.",
  "release-signature": "The release is not signed by the clip's key.",
  binding: "The release, the clip and the recipient do not belong together.",
  "leaf-path": "A fragment is not one of this clip's.",
  "ciphertext-hash": "A fragment was changed.",
  set: "Fragments are missing, extra, doubled or out of order.",
  "key-commitment": "The grant does not hold the keys that the fragments were sealed with, or is for somebody else.",
  open: "A seal does not open with its key.",
  init: "What the seals hold is not the picture and sound of one clip.",
} as const;

export type Failure = keyof typeof failures;

export interface FailedVerdict {
  readonly verdict: Failure;
  readonly text: string;
}

export interface OkVerdict {
  readonly verdict: "ok";
  /** For a person: `ok: fragments 5-14 of 20, sound withheld, clock synced`. */
  readonly text: string;
  readonly clip: Uint8Array;
  readonly lanes: Release["lanes"];
  readonly clock: Manifest["clock"];
  readonly closed: Manifest["closed"];
  /** False without the recipient's keys: then the last three checks were not made. */
  readonly opened: boolean;
  /** How long the shared part plays; null unless opened. */
  readonly durationMs: number | null;
  readonly facts: Facts | null;
  /** The doorbell's key, when the owner added a `clip-key` statement that holds. */
  readonly device: Uint8Array | null;
}

export type Verdict = OkVerdict | FailedVerdict;

export const failed = (verdict: Failure, detail: string): FailedVerdict => ({ verdict, text: `${verdict}: ${detail}` });

const LANE_NAMES: Readonly<Record<number, string>> = { 1: "fragments", 2: "sound" };

function laneText(lane: 1 | 2, { lanes }: Release, { leaves }: Manifest): string {
  const range = lanes.find((shared) => shared.lane === lane);
  // Index 0 is the init segment, which nobody counts as a part of the film.
  const media = Math.max(0, (lane === 1 ? leaves.video : leaves.audio) - 1);
  if (range !== undefined) return `${LANE_NAMES[lane]} ${range.first}-${range.end - 1} of ${media}`;
  if (lane === 1) return "picture withheld";
  return media === 0 ? "no sound recorded" : "sound withheld";
}

export function okText(release: Release, manifest: Manifest, opened: boolean): string {
  const parts = [
    laneText(1, release, manifest),
    laneText(2, release, manifest),
    `clock ${manifest.clock}`,
    ...(manifest.closed === "cut" ? ["the recording was cut short"] : []),
    ...(opened ? [] : ["seals not opened"]),
  ];
  return `ok: ${parts.join(", ")}`;
}

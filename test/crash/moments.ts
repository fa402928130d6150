import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../../src/cli/control-client.ts";
import { CLIP_HEAD_FIXED_BYTES, clipHeadLength } from "../../src/protocol/clip-file.ts";
import { LANES } from "../../src/protocol/clip-keys.ts";
import { decodeLeaf, LEAF_BYTES, type LeafData } from "../../src/protocol/fragment.ts";
import { META } from "../../src/protocol/meta.ts";
import type { Dice } from "../forge/dice.ts";
import { type Household, POST_ROLL_MS, UNDO_MS } from "./household.ts";
import type { OwnerHand } from "./owner-hand.ts";
import type { PromisedShares } from "./promised-shares.ts";

export const PHASES = ["recording", "closing", "consenting", "delivering"] as const;
export type Phase = (typeof PHASES)[number];

const CAMERA_WITHIN_MS = 30_000;
const WATCH_WITHIN_MS = 8000;

export interface Stage {
  readonly household: Household;
  readonly owner: OwnerHand;
  readonly shares: PromisedShares;
  readonly dice: Dice;
  /** Something that the run has to see through but that the kill must not wait for; its end may never come. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

interface Submitted {
  readonly token: string;
  readonly sentAtMs: number;
  /** Settles with the doorbell's answer. Never rejects: the doorbell may die first. */
  readonly submitting: Promise<void>;
}

/** Brings the doorbell into a phase and settles at a random moment of it: there the kill falls. */
export const moments: Readonly<Record<Phase, (stage: Stage) => Promise<void>>> = {
  /** From the trigger to beyond the planned end. */
  async recording(stage) {
    await trigger(stage);
    await sleep(stage.dice.below(POST_ROLL_MS + 300));
  },

  /** A third by the time at which a clip ends, the others within milliseconds of the record that ends its meta lane. */
  async closing(stage) {
    const before = clipNames(stage.household);
    await trigger(stage);
    if (stage.dice.chance(3)) {
      await sleep(POST_ROLL_MS - 50 + stage.dice.below(350));
      return;
    }
    await closingBegins(stage.household, before);
    await sleep(stage.dice.below(8));
  },

  /** From the message that carries the consent to beyond the undo window; in a third of the rounds the owner undoes it. */
  async consenting(stage) {
    const { dice } = stage;
    const signed = await consent(stage);
    if (dice.chance(3)) {
      await signed.submitting;
      await sleep(dice.below(UNDO_MS - 200));
      stage.inBackground(undo(stage, signed));
      await sleep(dice.below(dice.chance(2) ? 30 : UNDO_MS));
      return;
    }
    await sleep(dice.below(dice.chance(2) ? 40 : UNDO_MS + 200));
  },

  /** From the end of the undo window on, half of them within milliseconds of a chunk that the recipient stores. */
  async delivering(stage) {
    const { dice } = stage;
    const { submitting } = await consent(stage);
    await submitting;
    if (dice.chance(2)) {
      await sleep(Math.max(0, UNDO_MS - 30 + dice.below(250)));
      return;
    }
    await chunkStored(stage.household);
    await sleep(dice.below(60));
  },
};

async function trigger({ household, owner, dice }: Stage): Promise<void> {
  const until = Date.now() + CAMERA_WITHIN_MS;
  while (!(await owner.isCameraOn())) {
    if (Date.now() > until) throw new Error("the camera gives no picture");
    await sleep(30);
  }
  await sleep(dice.below(400)); // so that the pre-roll differs
  const op = dice.chance(2) ? "ring" : "motion";
  await askDaemon({ dataDir: household.device }, { op, ms: 200 }, new AbortController().signal);
}

/** Sends a consent to one of the newest clips; records one where there is none. */
async function consent(stage: Stage): Promise<Submitted> {
  const { household, owner, shares, dice } = stage;
  const clip = dice.pick((await someClips(stage)).slice(0, 3));
  const { token, digest, submission } = await owner.sign(clip, household.card);
  shares.signed(token, digest);
  const sentAtMs = performance.now();
  const submitting = owner.doorbell.submit(submission).then(
    ({ outcome }) => {
      if (outcome === "undo-window") shares.accepted(token);
    },
    () => {},
  );
  return { token, sentAtMs, submitting };
}

async function someClips(stage: Stage): Promise<readonly string[]> {
  const clips = await stage.owner.shareableClips();
  if (clips.length > 0) return clips;
  await trigger(stage);
  const until = Date.now() + WATCH_WITHIN_MS;
  while (Date.now() < until) {
    await sleep(100);
    const recorded = await stage.owner.shareableClips();
    if (recorded.length > 0) return recorded;
  }
  throw new Error("no clip was recorded");
}

/** Counts as undone only what the doorbell confirmed before its undo window can have ended. */
async function undo({ owner, shares }: Stage, { token, sentAtMs }: Submitted): Promise<void> {
  shares.undoSent(token);
  await owner.undo(token);
  if (performance.now() < sentAtMs + UNDO_MS) shares.undone(token);
}

function clipNames({ device }: Household): Set<string> {
  return new Set(readdirSync(join(device, "vault/clips")));
}

/** Settles when the new clip's file holds the beginning of the last record of its meta lane. */
async function closingBegins({ device }: Household, before: ReadonlySet<string>): Promise<void> {
  const until = Date.now() + WATCH_WITHIN_MS;
  const folder = join(device, "vault/clips");
  const isNew = (name: string): boolean => name.endsWith(".clip") && !before.has(name);
  let file: number | null = null;
  let at = 0;
  try {
    while (Date.now() < until) {
      await sleep(1);
      const name = file === null ? readdirSync(folder).find(isNew) : undefined;
      if (name !== undefined) file = openSync(join(folder, name), "r");
      if (file === null) continue;
      if (at === 0) at = headLength(file);
      for (let leaf = leafAt(file, at); leaf !== null; leaf = leafAt(file, at)) {
        if (leaf.lane === LANES.meta && leaf.index === META.closing) return;
        at += LEAF_BYTES + leaf.length;
      }
    }
  } finally {
    if (file !== null) closeSync(file);
  }
}

function headLength(file: number): number {
  const [wraps = 0] = bytesAt(file, CLIP_HEAD_FIXED_BYTES - 1, 1);
  return clipHeadLength(wraps);
}

function leafAt(file: number, offset: number): LeafData | null {
  const bytes = bytesAt(file, offset, LEAF_BYTES);
  return bytes.length < LEAF_BYTES ? null : decodeLeaf(bytes);
}

function bytesAt(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
}

/** Settles when a share grows at the recipient. */
async function chunkStored({ recipient }: Household): Promise<void> {
  const incoming = join(recipient, "incoming");
  const sizes = (): string =>
    readdirSync(incoming)
      .map((name) => `${name} ${statSync(join(incoming, name), { throwIfNoEntry: false })?.size}`)
      .join();
  const before = sizes();
  const until = Date.now() + WATCH_WITHIN_MS;
  while (sizes() === before && Date.now() < until) await sleep(1);
}

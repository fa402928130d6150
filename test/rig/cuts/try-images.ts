import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Household } from "../../crash/household.ts";
import { withMounted } from "./attached-disk.ts";
import { CrashImages, type Cut } from "./crash-images.ts";
import { type Faults, Judge, recoverVault } from "./judge.ts";
import { DISK_BYTES, type RecordedRun } from "./recorded-run.ts";

const READY_WITHIN_MS = 120_000;

export interface ImageTally {
  images: number;
  /** Images on which the whole daemon was started. */
  started: number;
  /** Images on which a promise was broken or the check was not clean. */
  bad: number;
  /** Promises that were broken, over all images. */
  lost: number;
  /** Of all images: writes that no flush had covered at the cut, and what became of them. */
  unflushed: number;
  dropped: number;
  torn: number;
  /** Of all images: promises that were looked at. */
  promises: number;
  /** The first sentences of what went wrong, each with the number of its cut. */
  readonly sentences: string[];
}

const SENTENCES_KEPT = 20;

export interface TryOptions {
  /** The whole daemon is started on every so many images; on the others its vault alone. */
  readonly startEvery: number;
  readonly onImage: (tally: ImageTally) => void;
  readonly signal: AbortSignal;
}

/** Mounts the image that each cut leaves, lets the doorbell recover on it, and looks whether every promise was kept. */
export async function tryImages(
  run: RecordedRun,
  cuts: readonly Cut[],
  dir: string,
  options: TryOptions,
): Promise<ImageTally> {
  mkdirSync(dir, { recursive: true });
  const images = new CrashImages(run.events, DISK_BYTES);
  const judge = new Judge(run.recorded, run.owner, run.unreadableFromStart);
  const tally: ImageTally = {
    ...{ images: 0, started: 0, bad: 0, lost: 0, unflushed: 0, dropped: 0, torn: 0, promises: 0 },
    sentences: [],
  };
  const image = join(dir, "image.img");
  const { household } = run;
  try {
    for (const cut of cuts) {
      if (options.signal.aborted) break;
      const made = images.make(cut, image);
      const promises = run.promises.filter(({ at }) => at <= cut.at);
      const isStarted = cut.number % options.startEvery === 0;
      const faults = await oneImage(image, household.device, async () => {
        if (isStarted) await startAndStop(household);
        else await recoverVault(household.device);
        return judge.judge(household, promises);
      });
      add(tally, cut, faults, { ...made, promises: promises.length, started: isStarted ? 1 : 0 });
      options.onImage(tally);
    }
    return tally;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function oneImage(image: string, mountPoint: string, work: () => Promise<Faults>): Promise<Faults> {
  try {
    return await withMounted(image, mountPoint, work);
  } catch (error) {
    return { lost: [], shares: [], check: [`cannot be used: ${(error as Error).message}`] };
  }
}

async function startAndStop(household: Household): Promise<void> {
  const daemon = household.startDaemon();
  try {
    await daemon.says('"ready"', READY_WITHIN_MS);
  } finally {
    await daemon.stop();
  }
}

function add(
  tally: ImageTally,
  cut: Cut,
  faults: Faults,
  counts: Pick<ImageTally, "unflushed" | "dropped" | "torn" | "promises" | "started">,
): void {
  const sentences = [...faults.lost, ...faults.shares, ...faults.check];
  tally.images += 1;
  for (const name of ["unflushed", "dropped", "torn", "promises", "started"] as const) tally[name] += counts[name];
  tally.lost += faults.lost.length + faults.shares.length;
  if (sentences.length === 0) return;
  tally.bad += 1;
  const told = sentences.slice(0, 2).map((sentence) => `cut ${cut.number} at event ${cut.at}: ${sentence}`);
  tally.sentences.push(...told.slice(0, SENTENCES_KEPT - tally.sentences.length));
}

/** Memory where there is one: an image is copied and mounted a thousand times, and must wear no disk. */
export const scratchBase = (fallback: string): string => (existsSync("/dev/shm") ? "/dev/shm" : fallback);

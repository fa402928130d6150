import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnerState } from "../../../src/owner/owner-state.ts";
import { type Household, makeHousehold } from "../../crash/household.ts";
import { moments, type Phase } from "../../crash/moments.ts";
import { OwnerHand, ownerState } from "../../crash/owner-hand.ts";
import type { Program } from "../../crash/program.ts";
import { readReleaseBook } from "../../crash/releases.ts";
import type { Dice } from "../../forge/dice.ts";
import { type DiskEvent, positionFile, readEvents, readPosition } from "../nbd/recorded-disk.ts";
import { AttachedDisk } from "./attached-disk.ts";
import { type Recorded, readRecorded } from "./judge.ts";
import { readPromises, type TimedPromise, TimedShares } from "./promises.ts";

/** Room for a few minutes of a film, and small enough that an image is copied in a moment. */
export const DISK_BYTES = 256 << 20;
const START_WITHIN_MS = 120_000;
const ARRIVE_WITHIN_MS = 180_000;
const KILLED_ONE_IN = 6;

export interface RunOrder {
  readonly dir: string;
  /** Bundles of `observed-doorward.ts` and `disk-process.ts`. */
  readonly main: string;
  readonly disk: string;
  readonly film: string;
  readonly phases: readonly Phase[];
  readonly dice: Dice;
  /** The control: nothing is ever synced. */
  readonly withoutSync: boolean;
  readonly onPhase: () => void;
}

/** Everything that reached the disk while a household lived on it, and everything it was promised meanwhile. */
export interface RecordedRun {
  readonly events: readonly DiskEvent[];
  /** Events of making the file system and the household: no cut falls before them. */
  readonly from: number;
  readonly promises: readonly TimedPromise[];
  readonly recorded: Recorded;
  readonly owner: OwnerState;
  readonly unreadableFromStart: number;
  readonly household: Household;
  /** Shares that did not arrive as consented, once all had the time to. */
  readonly faults: readonly string[];
}

/** Lets a household record, close, consent, undo and deliver, with a daemon that is killed now and then, and ends it in order. */
export async function recordRun(order: RunOrder): Promise<RecordedRun> {
  const { dir, dice } = order;
  mkdirSync(dir, { recursive: true });
  const disk = await AttachedDisk.make(order.disk, dir, DISK_BYTES, join(dir, "device"));
  const position = openSync(positionFile(dir), "r");
  const promiseFile = join(dir, "promises");
  let life: HouseholdLife | null = null;
  try {
    const household = await makeHousehold(dir, order.main, order.film, {
      ...process.env,
      CUTS_PROMISES: promiseFile,
      CUTS_POSITION: positionFile(dir),
      ...(order.withoutSync ? { CUTS_WITHOUT_SYNC: "1" } : {}),
    });
    const owner = await ownerState(household.owner);
    const before = readReleaseBook(household.device, owner);
    const from = readPosition(position);
    const shares = new TimedShares(before, () => readPosition(position));
    life = new HouseholdLife(household, shares, dice);
    for (const [i, phase] of order.phases.entries()) {
      if (i > 0 && dice.chance(KILLED_ONE_IN)) await life.killDaemon();
      await life.live(phase);
      order.onPhase();
    }
    await life.rest();
    const endState = await ownerState(household.owner);
    const arrivals = await shares.judgeArrivals(household.recipient, readReleaseBook(household.device, endState));
    const recorded = readRecorded(household.device);
    await disk.detach();
    return {
      events: readEvents(dir),
      from,
      promises: [...readPromises(promiseFile), ...shares.promises].toSorted((a, b) => a.at - b.at),
      recorded,
      owner: endState,
      unreadableFromStart: before.unreadable,
      household,
      faults: [
        ...arrivals.doubleReleases,
        ...arrivals.wrong,
        ...arrivals.missing.map((token) => `${token} is missing`),
      ],
    };
  } catch (error) {
    await life?.end();
    await disk.detach().catch(() => {});
    throw error;
  }
}

class HouseholdLife {
  readonly #household: Household;
  readonly #shares: TimedShares;
  readonly #dice: Dice;
  #daemon: Program | null = null;
  #beside: readonly Program[] = [];
  #owner: OwnerHand | null = null;

  constructor(household: Household, shares: TimedShares, dice: Dice) {
    this.#household = household;
    this.#shares = shares;
    this.#dice = dice;
  }

  async live(phase: Phase): Promise<void> {
    const owner = await this.#ownerHand();
    const inBackground = (work: Promise<unknown>): void => void work.catch(() => {});
    await moments[phase]({ household: this.#household, owner, shares: this.#shares, dice: this.#dice, inBackground });
    await sleep(this.#dice.below(600));
  }

  /** What its start mends is on the record too, so that cuts fall into it. */
  async killDaemon(): Promise<void> {
    await this.#daemon?.kill();
    this.#daemon = null;
    await this.#owner?.hangUp();
    this.#owner = null;
  }

  async rest(): Promise<void> {
    const { doorbell } = await this.#ownerHand();
    const until = Date.now() + ARRIVE_WITHIN_MS;
    const isUnderWay = async (): Promise<boolean> =>
      (await doorbell.shares()).some(({ state }) => state === "undo-window" || state === "delivering");
    while ((await isUnderWay()) && Date.now() < until) await sleep(200);
    await this.end();
  }

  async end(): Promise<void> {
    await this.#owner?.hangUp();
    this.#owner = null;
    for (const program of [this.#daemon, ...this.#beside]) await program?.stop();
    this.#daemon = null;
  }

  async #ownerHand(): Promise<OwnerHand> {
    if (this.#beside.length === 0) {
      const mailbox = this.#household.startMailbox();
      await mailbox.says("Mailbox at", START_WITHIN_MS);
      const recipient = this.#household.startRecipient();
      this.#beside = [recipient, mailbox];
      await recipient.says("Waiting for shares", START_WITHIN_MS);
    }
    if (this.#daemon === null) {
      this.#daemon = this.#household.startDaemon();
      await this.#daemon.says('"ready"', START_WITHIN_MS);
    }
    this.#owner ??= await OwnerHand.connect(this.#household.owner);
    return this.#owner;
  }
}

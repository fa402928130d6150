import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import { LANES } from "../../src/protocol/clip-keys.ts";
import { META } from "../../src/protocol/meta.ts";
import type { Dice } from "../forge/dice.ts";
import { AcknowledgedFragments } from "./acknowledged.ts";
import { readCatalog, readClipFile } from "./clip-files.ts";
import { copyDevice } from "./frozen-copy.ts";
import { type Household, typed } from "./household.ts";
import { moments, PHASES, type Phase } from "./moments.ts";
import { OwnerHand, ownerState } from "./owner-hand.ts";
import { pictureEndMs } from "./picture-end.ts";
import type { Program } from "./program.ts";
import { PromisedShares } from "./promised-shares.ts";
import { readReleaseBook } from "./releases.ts";
import { goneFromTails, struck, type Tails, unacknowledgedTails } from "./struck.ts";
import { emptyTally, type Tally, type Victim } from "./tally.ts";

const START_WITHIN_MS = 60_000;
const ARRIVE_WITHIN_MS = 180_000;
const KILLED_IN_START_ONE_IN = 6;
const LONGEST_START_MS = 700;

/** One household over several lives of its programs, each ended by a kill. */
export class World {
  readonly #household: Household;
  readonly #dice: Dice;
  readonly #promised: AcknowledgedFragments;
  readonly #shares: PromisedShares;
  readonly #tally: Tally = emptyTally();
  /** Clips judged once after they were closed: their files no longer change. */
  readonly #settled = new Set<string>();
  readonly #orphans: Promise<readonly string[]>[] = [];
  #tails: Tails = new Map();
  #killedAtMs = 0;
  #daemon: Program | null = null;
  #mailbox: Program | null = null;
  #recipient: Program | null = null;
  #owner: OwnerHand | null = null;
  #state: OwnerState;

  private constructor(household: Household, dice: Dice, state: OwnerState) {
    this.#household = household;
    this.#dice = dice;
    this.#promised = new AcknowledgedFragments(household.deviceKey);
    this.#shares = new PromisedShares(readReleaseBook(household.device, state));
    this.#state = state;
  }

  static async of(household: Household, dice: Dice): Promise<World> {
    return new World(household, dice, await ownerState(household.owner));
  }

  get household(): Household {
    return this.#household;
  }

  get promised(): AcknowledgedFragments {
    return this.#promised;
  }

  get shares(): PromisedShares {
    return this.#shares;
  }

  get owner(): OwnerState {
    return this.#state;
  }

  /** @param phases - One kill falls into each. The device directory is left whole and at rest. */
  async live(phases: readonly Phase[], onKill: () => void): Promise<Tally> {
    await this.#startBeside();
    for (const phase of phases) {
      await this.#startDaemon();
      const kills = this.#victims(phase);
      await moments[phase]({
        household: this.#household,
        owner: await this.#ownerHand(),
        shares: this.#shares,
        dice: this.#dice,
        inBackground: (work) => void work.catch(() => {}),
      });
      await this.#kill(kills);
      this.#tally.phases[phase] += 1;
      onKill();
    }
    await this.#rest();
    return this.#tally;
  }

  #victims(phase: Phase): readonly Victim[] {
    if (phase !== "delivering") return ["daemon"];
    const draw = this.#dice.below(10);
    if (draw < 5) return ["daemon"];
    if (draw < 7) return ["mailbox"];
    return draw < 9 ? ["recipient"] : ["daemon", "mailbox", "recipient"];
  }

  async #startBeside(): Promise<void> {
    const { household } = this;
    if (this.#mailbox === null) {
      this.#mailbox = household.startMailbox();
      await this.#mailbox.says("Mailbox at", START_WITHIN_MS);
    }
    if (this.#recipient === null) {
      this.#recipient = household.startRecipient();
      await this.#recipient.says("Waiting for shares", START_WITHIN_MS);
    }
  }

  async #startDaemon(): Promise<void> {
    if (this.#daemon !== null) return;
    if (this.#dice.chance(KILLED_IN_START_ONE_IN)) await this.#killInStart();
    const startedAt = performance.now();
    this.#daemon = this.household.startDaemon();
    await this.#daemon.says('"ready"', START_WITHIN_MS);
    this.#tally.restartMs.push(Math.round(performance.now() - startedAt));
    await this.#judgeRestart(this.#daemon);
  }

  /** While it mends what the last kill has left. */
  async #killInStart(): Promise<void> {
    const daemon = this.household.startDaemon();
    await sleep(this.#dice.below(LONGEST_START_MS));
    await daemon.freeze();
    const frozen = copyDevice(this.household.device, join(this.household.dir, "frozen"), this.#settled);
    this.#orphans.push((await daemon.kill()).orphans);
    this.#tally.faults.lost.push(...this.#promised.note(frozen.dir));
    this.#tally.killsInStart += 1;
    frozen.discard();
  }

  async #ownerHand(): Promise<OwnerHand> {
    this.#owner ??= await OwnerHand.connect(this.household.owner);
    return this.#owner;
  }

  async #kill(victims: readonly Victim[]): Promise<void> {
    this.#tally.kills += 1;
    for (const victim of victims) this.#tally.victims[victim] += 1;
    if (victims.includes("daemon")) await this.#killDaemon();
    if (victims.includes("mailbox")) {
      await this.#mailbox?.kill();
      this.#mailbox = null;
    }
    if (victims.includes("recipient")) {
      await this.#recipient?.kill();
      this.#recipient = null;
    }
    await sleep(this.#dice.below(300));
    await this.#startBeside();
  }

  /** Frozen, looked at, killed: what the catalog says at that very moment is what was acknowledged. */
  async #killDaemon(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === null) return;
    await daemon.freeze();
    this.#killedAtMs = Date.now();
    const frozen = copyDevice(this.household.device, join(this.household.dir, "frozen"), this.#settled);
    this.#orphans.push((await daemon.kill()).orphans);
    this.#daemon = null;
    await this.#owner?.hangUp();
    this.#owner = null;
    this.#tally.faults.lost.push(...this.#promised.note(frozen.dir));
    this.#tails = unacknowledgedTails(frozen.dir);
    const book = readReleaseBook(frozen.dir, this.#state);
    this.#shares.noteOnDisk(book);
    for (const phase of struck(frozen.dir, book)) this.#tally.struck[phase] += 1;
    frozen.discard();
  }

  async #judgeRestart(daemon: Program): Promise<void> {
    await daemon.freeze();
    const copy = copyDevice(this.household.device, join(this.household.dir, "restarted"), this.#settled);
    daemon.thaw();
    const { faults } = this.#tally;
    faults.check.push(...(await checkFindings(copy.configFile)));
    this.#tally.checks += 1;
    const fresh = this.#promised.clips.filter((id) => !this.#settled.has(id));
    const { lost, corrupt } = this.#promised.compare(copy.dir, this.#state, fresh);
    faults.lost.push(...lost);
    faults.corrupt.push(...corrupt);
    for (const [id, gone] of goneFromTails(this.#tails, copy.dir)) {
      this.#tally.unacknowledgedGone += gone;
      if (gone > 1) faults.lost.push(`${id}: ${gone} records that were in its file are gone`);
      this.#noteMissingFilm(copy.dir, id);
    }
    this.#tails = new Map();
    faults.doubleReleases.push(...this.#shares.judgeBook(readReleaseBook(copy.dir, this.#state)));
    for (const { id, state } of readCatalog(copy.dir)) if (state === "sealed") this.#settled.add(id);
    copy.discard();
  }

  /** What was filmed before the kill and is not in the clip: the fragment that the camera had not finished, as a rule. */
  #noteMissingFilm(deviceDir: string, id: string): void {
    const content = readClipFile(deviceDir, id);
    const endMs = content === null ? null : pictureEndMs(content, this.#state);
    const isClosed = content?.head.leaves.some(({ lane, index }) => lane === LANES.meta && index === META.closing);
    if (endMs !== null && isClosed === false) this.#tally.missingFilmMs.push(Math.round(this.#killedAtMs - endMs));
  }

  /** Everything is given the time to arrive; then all programs end in order and all is judged once more. */
  async #rest(): Promise<void> {
    const { household } = this;
    await this.#startDaemon();
    const owner = await this.#ownerHand();
    const until = Date.now() + ARRIVE_WITHIN_MS;
    const isUnderWay = async (): Promise<boolean> =>
      (await owner.doorbell.shares()).some(({ state }) => state === "undo-window" || state === "delivering");
    while ((await isUnderWay()) && Date.now() < until) await sleep(200);
    if (await isUnderWay()) process.stderr.write(`a share is still under way; ${this.lastWords}\n`);
    await owner.hangUp();
    this.#owner = null;
    for (const program of [this.#daemon, this.#recipient, this.#mailbox]) await program?.stop();
    [this.#daemon, this.#recipient, this.#mailbox] = [null, null, null];
    const { faults } = this.#tally;
    faults.orphans.push(...(await Promise.all(this.#orphans)).flat());
    const frozen = copyDevice(household.device, join(household.dir, "rested"));
    faults.check.push(...(await checkFindings(frozen.configFile)));
    this.#tally.checks += 1;
    const { lost, corrupt } = this.#promised.compare(frozen.dir, this.#state);
    faults.lost.push(...lost);
    faults.corrupt.push(...corrupt);
    const shares = await this.#shares.judgeArrivals(household.recipient, readReleaseBook(frozen.dir, this.#state));
    faults.doubleReleases.push(...shares.doubleReleases);
    faults.wrongShares.push(...shares.wrong);
    faults.missingShares.push(...shares.missing);
    this.#tally.sharesConsented += shares.consented;
    this.#tally.sharesArrived += shares.arrived;
    this.#tally.sharesUndone += shares.undone;
    this.#tally.acknowledged += this.#promised.count;
    frozen.discard();
  }

  /** What each running program printed last, to be read where a run breaks. */
  get lastWords(): string {
    const programs = { daemon: this.#daemon, mailbox: this.#mailbox, recipient: this.#recipient };
    return Object.entries(programs)
      .map(([name, program]) => `${name} said last:\n${program?.lastWords ?? "(does not run)"}`)
      .join("\n");
  }
}

/** `doorward check`, as a person runs it. */
export async function checkFindings(configFile: string): Promise<string[]> {
  const report = await typed(["check", "--config", configFile]).catch((error: Error) => ({ error: error.message }));
  return "error" in report ? [String(report.error)] : [];
}

/** So many kills, spread evenly over the phases, in an order of chance; something is recorded before anything is shared. */
export function phasesFor(kills: number, dice: Dice): Phase[] {
  const phases = Array.from({ length: kills }, (_, i) => PHASES[i % PHASES.length] ?? "recording");
  const [first = "recording", ...rest] = phases;
  const shuffled = rest.map((phase) => ({ phase, at: dice.below(1_000_000) })).toSorted((a, b) => a.at - b.at);
  return [first, ...shuffled.map(({ phase }) => phase)];
}

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../../src/cli/control-client.ts";
import { Options } from "../../src/cli/options.ts";
import { OwnerHome } from "../../src/cli/owner-home.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { openClip, playableClip } from "../../src/owner/open-clip.ts";
import { verifyClip } from "../../src/owner/verify-clip.ts";
import { fromHex } from "../../src/protocol/bytes.ts";
import type { Signer } from "../../src/protocol/envelope.ts";
import { processTree, residentMiB, treePssMiB } from "../bench/process-tree.ts";
import { type Household, makeHousehold } from "../crash/household.ts";
import { OwnerHand, ownerState } from "../crash/owner-hand.ts";
import type { Program } from "../crash/program.ts";
import type { Sample } from "./flatness.ts";
import { soundOffsetsMs } from "./offset.ts";
import { lookThroughDoor } from "./viewer.ts";

const START_WITHIN_MS = 120_000;
const CLIP_WITHIN_MS = 60_000;
const REST_WITHIN_MS = 60_000;
/** So much earlier than a clip would end the next trigger comes, where one clip is to be kept going. */
const EXTEND_EVERY_MS = 700;

export interface Watched {
  readonly residentMiB: readonly Sample[];
  readonly treeMiB: readonly Sample[];
  readonly handles: readonly Sample[];
}

/** Sound against picture in one clip. */
export interface ClipOffsets {
  readonly seconds: number;
  readonly offsetsMs: readonly number[];
}

/** A home in which somebody rings, passes, looks, shares and undoes again and again, and what that costs its doorbell. */
export class WatchedHome {
  readonly #household: Household;
  readonly #daemon: Program;
  readonly #beside: readonly Program[];
  readonly #owner: OwnerHand;
  readonly #signer: Signer;
  readonly #startedAt = performance.now();
  readonly #watched = { residentMiB: [] as Sample[], treeMiB: [] as Sample[], handles: [] as Sample[] };
  /** Clips that were looked at, ids in hex. */
  readonly #opened = new Set<string>();
  readonly counts = {
    rings: 0,
    motions: 0,
    views: 0,
    viewsAskedAgain: 0,
    viewsWithoutPicture: 0,
    consents: 0,
    undone: 0,
  };

  private constructor(
    household: Household,
    programs: readonly [Program, ...Program[]],
    owner: OwnerHand,
    signer: Signer,
  ) {
    this.#household = household;
    [this.#daemon, ...this.#beside] = programs;
    this.#owner = owner;
    this.#signer = signer;
  }

  /** @param main - Bundle of Doorward, `live-child.mjs` beside it. */
  static async move(dir: string, main: string, film: string): Promise<WatchedHome> {
    const household = await makeHousehold(dir, main, film, process.env, {
      "recording.longest": "30min",
      "recording.post_roll": "3s", // on a busy machine a trigger is late, and one clip is to be kept going
      "log.level": "info",
      "web.on": false,
      "push.on": false,
    });
    const mailbox = household.startMailbox();
    await mailbox.says("Mailbox at", START_WITHIN_MS);
    const recipient = household.startRecipient();
    await recipient.says("Waiting for shares", START_WITHIN_MS);
    const daemon = household.startDaemon();
    await daemon.says('"ready"', START_WITHIN_MS);
    const owner = await OwnerHand.connect(household.owner);
    const home = new OwnerHome({ options: new Options({ home: household.owner }), environment: {} });
    return new WatchedHome(household, [daemon, recipient, mailbox], owner, await home.signer());
  }

  get watched(): Watched {
    return this.#watched;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** One visitor: a ring or a passer-by, a look, a consent that stays or is undone; then a look at the doorbell itself. */
  async visit(): Promise<void> {
    await this.#cameraOn();
    const isRing = this.counts.rings <= this.counts.motions;
    await this.#trigger(isRing ? "ring" : "motion");
    this.counts[isRing ? "rings" : "motions"] += 1;
    await this.#look();
    await this.#closed();
    await this.#share();
    await this.#sample();
  }

  /** Keeps one clip going. */
  async stay(ms: number, signal: AbortSignal): Promise<void> {
    await this.#cameraOn();
    const until = performance.now() + ms;
    while (performance.now() < until && !signal.aborted) {
      await this.#trigger("motion");
      await sleep(EXTEND_EVERY_MS);
    }
    await this.#closed();
  }

  /** Opens the newest clip that was not opened yet, as its owner would, and compares its sound with its picture. */
  async openNewest(scratch: string): Promise<ClipOffsets | null> {
    const id = (await this.#owner.shareableClips()).find((clip) => !this.#opened.has(clip));
    if (id === undefined) return null;
    this.#opened.add(id);
    const { doorbell } = this.#owner;
    const state = await ownerState(this.#household.owner);
    const clip = verifyClip(crypto, this.#household.deviceKey, fromHex(id), await doorbell.head(fromHex(id)));
    const opened = await openClip({ crypto, source: doorbell, clip, seed: openClipSeed(crypto, state, clip) });
    if (opened.gaps.length > 0) throw new Error(`clip ${id} has ${opened.gaps.length} gaps`);
    const file = join(scratch, "clip.mp4");
    writeFileSync(file, playableClip(opened));
    return { seconds: (opened.closing?.durationMs ?? 0) / 1000, offsetsMs: await soundOffsetsMs(file) };
  }

  async leave(): Promise<void> {
    await this.#owner.hangUp();
    for (const program of [this.#daemon, ...this.#beside]) await program.stop();
  }

  /** A view that shows nothing is counted, told, and asked for once more, as a person would: hours of watching go on. */
  async #look(): Promise<void> {
    this.counts.views += 1;
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await lookThroughDoor(this.#owner.doorbell, this.#household.deviceKey, this.#signer);
      } catch (error) {
        process.stderr.write(`view ${this.counts.views}: ${(error as Error).message}\n`);
        if (attempts === 1) this.counts.viewsAskedAgain += 1;
        else {
          this.counts.viewsWithoutPicture += 1;
          return;
        }
      }
    }
  }

  async #cameraOn(): Promise<void> {
    const until = performance.now() + CLIP_WITHIN_MS;
    while (!(await this.#owner.isCameraOn())) {
      if (performance.now() > until) throw new Error("the camera gives no picture");
      await sleep(50);
    }
  }

  async #trigger(op: "ring" | "motion"): Promise<void> {
    await askDaemon({ dataDir: this.#household.device }, { op, ms: 200 }, new AbortController().signal);
  }

  async #closed(): Promise<void> {
    const until = performance.now() + CLIP_WITHIN_MS;
    while ((await this.#owner.doorbell.clips(null, 1))[0]?.state !== "sealed") {
      if (performance.now() > until) throw new Error("the clip is not closed");
      await sleep(100);
    }
  }

  async #share(): Promise<void> {
    const { doorbell } = this.#owner;
    const [clip] = await this.#owner.shareableClips();
    if (clip === undefined) return;
    const { token, submission } = await this.#owner.sign(clip, this.#household.card);
    await doorbell.submit(submission);
    this.counts.consents += 1;
    if (this.counts.consents % 2 === 0) {
      await this.#owner.undo(token);
      this.counts.undone += 1;
    }
    const until = performance.now() + REST_WITHIN_MS;
    const isUnderWay = async (): Promise<boolean> =>
      (await doorbell.shares()).some(({ state }) => state === "undo-window" || state === "delivering");
    while (await isUnderWay()) {
      if (performance.now() > until) throw new Error(`share ${token} does not arrive`);
      await sleep(100);
    }
  }

  async #sample(): Promise<void> {
    const { pid } = this.#daemon;
    const seconds = this.seconds;
    this.#watched.residentMiB.push({ seconds, value: residentMiB(pid) });
    this.#watched.treeMiB.push({ seconds, value: treePssMiB(pid) });
    const handles = processTree(pid).reduce((sum, process) => sum + readdirSync(`/proc/${process.pid}/fd`).length, 0);
    this.#watched.handles.push({ seconds, value: handles });
  }
}

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { makeHousehold } from "../../crash/household.ts";
import { Dice } from "../../forge/dice.ts";
import { makeFlashingFilm } from "../../soak/film.ts";
import { type Lost, VolatileDisk } from "../nbd/volatile-disk.ts";
import { BootedDoorbell, type DoorbellFiles } from "./booted-doorbell.ts";

const FILM_SECONDS = 40;
/** What an emulated processor need not do besides. */
const LIGHT = { "motion.mode": "pir", "web.on": false, "push.on": false } as const;
const DISK_BYTES = 256 << 20;
/** All but binaries: a thousand small files are much work for an emulated processor. */
const external = ["better-sqlite3", "sodium-native", "onoff", "@roamhq/wrtc"];
const banner = {
  js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url); const __dirname = import.meta.dirname;',
};
/** After the first acknowledgement of a life; an emulated doorbell acknowledges about once a second. */
const LIVES_MOST_MS = 20_000;
const ACKNOWLEDGES_WITHIN_MS = 300_000;
const CHANCES = 1000;
/** The control has so many cuts to lose something in. */
const CONTROL_BOOTS = 3;

export interface BootTally {
  /** Cuts after which the machine booted again and was looked at. */
  boots: number;
  /** Promises that left by the serial line before a cut. */
  promises: number;
  lost: number;
  /** Boots after which `doorward check` was not clean. */
  unclean: number;
  unflushed: number;
  dropped: number;
  readonly sentences: string[];
}

export interface BootCutsOrder {
  readonly boots: number;
  readonly seed: number;
}

/** Cuts the power of a machine with a recording doorbell again and again, and looks after each boot what is left of it. */
export async function cutAndBoot({ boots, seed }: BootCutsOrder, tell: (line: string) => void, signal: AbortSignal) {
  const programs = join(process.cwd(), ".cache/boots", String(process.pid));
  const scratch = await mkdtemp(join(tmpdir(), "dw-boots-"));
  try {
    await mkdir(programs, { recursive: true });
    const [main, judge] = [join(programs, "doorward.mjs"), join(programs, "judge.mjs")];
    await bundle("test/rig/cuts/observed-doorward.ts", main);
    await bundle("test/rig/boots/boot-judge.ts", judge);
    const film = join(programs, "film.mp4");
    await makeFlashingFilm(film, FILM_SECONDS);
    const live = async (name: string, count: number, withoutSync: boolean): Promise<BootTally> => {
      const { device, config } = await makeHousehold(join(programs, name), main, film, process.env, LIGHT);
      const files = {
        cacheDir: join(process.cwd(), ".cache/rig"),
        socket: join(scratch, name),
        main,
        judge,
        device,
        config,
      };
      const disk = new VolatileDisk(join(scratch, `${name}.img`), DISK_BYTES);
      const told = (line: string): void => tell(`${name}: ${line}`);
      const order = { files, disk, dice: new Dice(seed), boots: count, withoutSync, tell: told, signal };
      return await lives(order).finally(() => disk.close());
    };
    const honest = await live("synced", boots, false);
    const control = await live("without-syncs", CONTROL_BOOTS, true);
    const isCaught = control.lost > 0 || control.unclean > 0;
    return {
      ok: honest.boots === boots && honest.lost === 0 && honest.unclean === 0 && honest.promises > 0 && isCaught,
      ...honest,
      control: { boots: control.boots, lost: control.lost, unclean: control.unclean, isCaught },
    };
  } finally {
    for (const folder of [programs, scratch]) await rm(folder, { recursive: true, force: true });
  }
}

interface LivesOrder {
  readonly files: DoorbellFiles;
  readonly disk: VolatileDisk;
  readonly dice: Dice;
  readonly boots: number;
  /** The control: nothing is ever synced, and a cut takes all that was not. Ends when that is seen. */
  readonly withoutSync: boolean;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
}

async function lives(order: LivesOrder): Promise<BootTally> {
  const { files, disk, dice, withoutSync } = order;
  const tally: BootTally = {
    ...{ boots: 0, promises: 0, lost: 0, unclean: 0, unflushed: 0, dropped: 0 },
    sentences: [],
  };
  const promises: string[] = [];
  const onPromise = (line: string): void => void promises.push(line);
  for (let life = 0; life <= order.boots; life += 1) {
    order.signal.throwIfAborted();
    const before = promises.length;
    let doorbell: BootedDoorbell;
    try {
      doorbell = await BootedDoorbell.boot({ files, disk, isNew: life === 0, onPromise });
    } catch (error) {
      if (!withoutSync || life === 0) throw error;
      order.tell(`cut ${life}: does not come back`);
      return { ...tally, boots: tally.boots + 1, unclean: tally.unclean + 1 };
    }
    try {
      if (life > 0) {
        const { lost, check } = await doorbell.judge(promises.slice(0, before));
        tally.boots += 1;
        tally.lost += lost.length;
        tally.unclean += check.length > 0 ? 1 : 0;
        tally.sentences.push(...[...lost, ...check].slice(0, 3).map((sentence) => `cut ${life}: ${sentence}`));
        order.tell(`cut ${life}: ${before} promises, ${lost.length} lost, check finds ${check.length}`);
        if (withoutSync && (lost.length > 0 || check.length > 0)) return tally;
      }
      await doorbell.start({ withoutSync });
      if (life === order.boots) return tally;
      await doorbell.beginRinging();
      await recordsFor(withoutSync ? LIVES_MOST_MS / 10 : dice.below(LIVES_MOST_MS), promises, order.signal);
    } finally {
      await doorbell.cut();
      const { unflushed, dropped } = disk.cut(dice, withoutSync ? CHANCES : dropPerMille(dice)) satisfies Lost;
      tally.promises = promises.length;
      tally.unflushed += unflushed;
      tally.dropped += dropped;
    }
  }
  return tally;
}

/** A third of the cuts take all that was not flushed, a third nothing, the others any part of it. */
function dropPerMille(dice: Dice): number {
  const kind = dice.below(3);
  return kind === 0 ? CHANCES : kind === 1 ? 0 : dice.below(CHANCES);
}

async function recordsFor(ms: number, promises: readonly string[], signal: AbortSignal): Promise<void> {
  const before = promises.length;
  const until = performance.now() + ACKNOWLEDGES_WITHIN_MS;
  while (promises.length === before) {
    if (performance.now() > until) throw new Error("the doorbell records nothing");
    await sleep(50, null, { signal });
  }
  await sleep(ms, null, { signal });
}

async function bundle(entry: string, outfile: string): Promise<void> {
  const options = { bundle: true, platform: "node", format: "esm", logLevel: "warning" } as const;
  await build({ ...options, external, banner, entryPoints: [join(process.cwd(), entry)], outfile });
}

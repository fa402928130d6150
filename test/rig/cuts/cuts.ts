/**
 * `npm run cuts -- [--images N] [--seed S] [--start-every N] [--json]`: cuts the power of a doorbell on paper, many times.
 * A household lives on a disk that records every write and flush; from the record come images as a cut at a random write
 * leaves them, each is mounted and recovered, and every promise given before the cut is looked for. The control lives on a
 * disk that nothing is ever synced to, and must lose something.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { makeFilm } from "../../crash/film.ts";
import type { Phase } from "../../crash/moments.ts";
import { stopAllPrograms } from "../../crash/program.ts";
import { phasesFor } from "../../crash/world.ts";
import { Dice } from "../../forge/dice.ts";
import { cutAndBoot } from "../boots/cut-and-boot.ts";
import { KIND } from "../nbd/recorded-disk.ts";
import { whyNoMount } from "./attached-disk.ts";
import { planCuts } from "./crash-images.ts";
import { type RecordedRun, recordRun } from "./recorded-run.ts";
import { type ImageTally, scratchBase, tryImages } from "./try-images.ts";

const HELP = `Usage: npm run cuts -- [--images N] [--seed S] [--start-every N] [--cuts N] [--if-possible] [--json]

Records a doorbell's disk and looks at N crash images of it (default 1000; 0: none). Needs root: it mounts.

  --images N       how many images (at least 20, or 0)
  --seed S         repeats the plan of an earlier run: what happens, where the cuts fall and what they drop
  --start-every N  the whole daemon is started on every N-th image, its vault alone on the others (default 10)
  --cuts N         also cuts the power of a virtual machine N times, and boots it again (emulated: about a minute and a half each);
                   10 are a round number, 100 a long run. --boots N is the same
  --if-possible    where nothing can be mounted, say so and end with 0

  npm run cuts -- --images 40 --seed 7
  npm run cuts -- --images 0 --cuts 10
  npm run --silent cuts -- --json`;

const IMAGES = 1000;
const LEAST_IMAGES = 20;
const START_EVERY = 10;
/** Phases of a recorded run: about three seconds each. */
const PHASES_MOST = 40;
const IMAGES_PER_PHASE = 10;
const CONTROL_PHASES = 4;
const CONTROL_IMAGES = 20;

export interface CutsOrder {
  readonly images: number;
  readonly seed: number;
  readonly startEvery: number;
}

export type CutsReport = Awaited<ReturnType<typeof runCuts>>;

/** @param tell - Gets a line now and then. */
export async function runCuts(
  { images, seed, startEvery }: CutsOrder,
  tell: (line: string) => void,
  signal: AbortSignal,
) {
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  const dir = await mkdtemp(join(tmpdir(), "dw-cuts-"));
  const scratch = await mkdtemp(join(scratchBase(tmpdir()), "dw-images-"));
  const programs = join(process.cwd(), ".cache/cuts", String(process.pid));
  try {
    await mkdir(programs, { recursive: true });
    const [main, disk] = [join(programs, "doorward.mjs"), join(programs, "disk.mjs")];
    await bundle("test/rig/cuts/observed-doorward.ts", main);
    await bundle("test/rig/nbd/disk-process.ts", disk);
    const film = join(dir, "film.mp4");
    await makeFilm(film);
    const tryRun = async (name: string, count: number, phases: readonly Phase[], withoutSync: boolean) => {
      const dice = new Dice(seed);
      const onPhase = (): void => signal.throwIfAborted();
      const run = await recordRun({ dir: join(dir, name), main, disk, film, phases, dice, withoutSync, onPhase });
      tell(`${name}: ${describe(run)}, ${seconds()} s`);
      const cuts = planCuts(count, run.from, run.events.length, seed);
      const onImage = ({ images: done, bad }: ImageTally): void => {
        if (done % 50 === 0 || done === count) tell(`${name}: ${done} of ${count} images, ${bad} bad, ${seconds()} s`);
      };
      const tally = await tryImages(run, cuts, join(scratch, name), { startEvery, onImage, signal });
      for (const sentence of tally.sentences) tell(`${name}: ${sentence}`);
      return { run, tally };
    };
    const phases = phasesFor(
      Math.min(PHASES_MOST, Math.max(CONTROL_PHASES, Math.ceil(images / IMAGES_PER_PHASE))),
      new Dice(seed),
    );
    const honest = await tryRun("synced", images, phases, false);
    const control = await tryRun("without-syncs", CONTROL_IMAGES, phases.slice(0, CONTROL_PHASES), true);
    const { run, tally } = honest;
    const isCaught = control.tally.lost > 0;
    return {
      ok: tally.bad === 0 && tally.images === images && run.faults.length === 0 && isCaught && tally.dropped > 0,
      images: tally.images,
      lost: tally.lost,
      bad: tally.bad,
      seed,
      seconds: seconds(),
      record: {
        writes: run.events.filter(({ kind }) => kind !== KIND.flush).length,
        flushes: run.events.filter(({ kind }) => kind === KIND.flush).length,
        promises: run.promises.length,
      },
      unflushedWrites: { all: tally.unflushed, dropped: tally.dropped, torn: tally.torn },
      promisesCompared: tally.promises,
      startedWhole: tally.started,
      control: { images: control.tally.images, bad: control.tally.bad, lost: control.tally.lost, caught: isCaught },
      faults: [...run.faults, ...tally.sentences],
    };
  } finally {
    await stopAllPrograms();
    for (const folder of [dir, scratch, programs]) await rm(folder, { recursive: true, force: true });
  }
}

function describe({ events, from, promises }: RecordedRun): string {
  return `${events.length - from} writes and flushes, ${promises.length} promises`;
}

async function bundle(entry: string, outfile: string): Promise<void> {
  const options = { bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "warning" } as const;
  await build({ ...options, entryPoints: [join(process.cwd(), entry)], outfile });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      images: { type: "string" },
      seed: { type: "string" },
      "start-every": { type: "string" },
      cuts: { type: "string" },
      boots: { type: "string" },
      "if-possible": { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const images = Number(values.images ?? IMAGES);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000));
  const startEvery = Number(values["start-every"] ?? START_EVERY);
  const boots = Number(values.cuts ?? values.boots ?? 0);
  const isSense = (images >= LEAST_IMAGES || (images === 0 && boots > 0)) && startEvery >= 1 && boots >= 0;
  if (!isSense || ![images, seed, startEvery, boots].every(Number.isSafeInteger)) {
    console.error(HELP);
    return 2;
  }
  const problem = whyNoMount();
  if (problem !== null) {
    console.error(`no disk can be cut here: ${problem}`);
    return values["if-possible"] === true ? 0 : 1;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  tell(`${images} images, ${boots} boots, seed ${seed}`);
  const none = { ok: true, images: 0, lost: 0 };
  const onPaper = images === 0 ? none : await runCuts({ images, seed, startEvery }, tell, stopping.signal);
  const booted = boots === 0 ? null : await cutAndBoot({ boots, seed }, tell, stopping.signal);
  const report = {
    ...onPaper,
    ok: onPaper.ok && booted?.ok !== false,
    boots: booted?.boots ?? 0,
    lost: onPaper.lost + (booted?.lost ?? 0),
    booted,
  };
  console.log(JSON.stringify(report, null, values.json === true ? 0 : 2));
  return report.ok ? 0 : 1;
}

process.exitCode = await main();

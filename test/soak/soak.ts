/**
 * `npm run soak -- [--hours N | --minutes N | --short] [--json]`: a doorbell with a busy door, for hours. Its memory and its
 * handles must stay flat, and in the clips that its owner opens sound and picture must stay together.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { stopAllPrograms } from "../crash/program.ts";
import { delaySound, makeFlashingFilm } from "./film.ts";
import { median, type Trend, trendOf } from "./flatness.ts";
import { soundOffsetsMs } from "./offset.ts";
import { type ClipOffsets, WatchedHome } from "./watched-home.ts";

const HELP = `Usage: npm run soak -- [--hours N | --minutes N | --short] [--json]

A doorbell on this machine with a simulated door: rings, motion, live views, consents and undone consents, one after another.
Watches memory and handles of the daemon and all it starts, and sound against picture in the clips.

  --hours N     how long (default 4)
  --minutes N   how long, in minutes
  --short       some visits: what tests of this project run; too short to judge memory by
  --json        one line of JSON

  npm run soak -- --minutes 20
  npm run --silent soak -- --hours 12 --json`;

const HOURS = 4;
const SHORT_SECONDS = 20;
const LONG_CONTROL_FROM_SECONDS = 300;
const LEAST_VISITS = 5;
/** Of the control, which leaks some handles with each visit, and some MiB. */
const CONTROL_VISITS = { short: 3, long: 12 } as const;
/** From so many minutes on, one of the clips is this long. */
const LONG_CLIP_MS = 10 * 60_000;
const LONG_CLIP_FROM_SECONDS = 15 * 60;
/** Of fewer looks at the memory no trend can be told: a heap grows and is cleaned, an ffmpeg comes and goes. */
const LEAST_SAMPLES_OF_MEMORY = 30;
/** What a trend may add over the whole run. */
const MOST_GROWTH_MIB = 16;
const MOST_GROWTH_HANDLES = 3;
/** Of all views: on a machine that is busy with more than the soak some connect too late. */
const MOST_VIEWS_WITHOUT_PICTURE = 0.02;
const MOST_OFFSET_MS = 80;
const CONTROL_DELAY_SECONDS = 0.15;
const OPEN_EVERY_SECONDS = 30;

interface Life {
  readonly home: WatchedHome;
  readonly clips: readonly ClipOffsets[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      hours: { type: "string" },
      minutes: { type: "string" },
      short: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const asked = values.minutes === undefined ? Number(values.hours ?? HOURS) * 3600 : Number(values.minutes) * 60;
  const seconds = values.short === true ? SHORT_SECONDS : asked;
  if (!(seconds > 0)) {
    console.error(HELP);
    return 2;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  const dir = await mkdtemp(join(tmpdir(), "dw-soak-"));
  const programs = join(process.cwd(), ".cache/soak", String(process.pid));
  try {
    await mkdir(programs, { recursive: true });
    const [honest, leaking] = [join(programs, "doorward.mjs"), join(programs, "leaking.mjs")];
    await bundle("src/cli/main.ts", honest);
    await bundle("test/soak/leaking-doorward.ts", leaking);
    await bundle("src/device/live/child-main.ts", join(programs, "live-child.mjs"));
    const film = join(dir, "film.mp4");
    await makeFlashingFilm(film, Math.min(seconds, 660) + 30);
    const isShort = seconds < LONG_CONTROL_FROM_SECONDS;
    const visits = isShort ? CONTROL_VISITS.short : CONTROL_VISITS.long;
    const control = await live(join(dir, "control"), leaking, film, { seconds: 0, visits }, stopping.signal);
    const leak = trendsOf(control.home);
    const controls = {
      leakedHandlesAreCaught: leak.handles.growth > MOST_GROWTH_HANDLES,
      leakedMemoryIsCaught: isShort ? null : leak.residentMiB.growth > MOST_GROWTH_MIB,
      shiftIsCaught: await isShiftCaught(film, dir),
    };
    const { home, clips } = await live(
      join(dir, "home"),
      honest,
      film,
      { seconds, visits: LEAST_VISITS },
      stopping.signal,
    );
    const trends = trendsOf(home);
    const offsets = clips.flatMap(({ offsetsMs }) => offsetsMs);
    const worst = Math.max(...offsets.map(Math.abs));
    const isTogether = offsets.length > 0 && worst <= MOST_OFFSET_MS;
    const report = {
      ok:
        isFlat(trends) &&
        isTogether &&
        isSeen(home.counts) &&
        !Object.values(controls).includes(false) &&
        !stopping.signal.aborted,
      seconds: Math.round(home.seconds),
      ...home.counts,
      memory: {
        residentMiB: rounded(trends.residentMiB),
        treeMiB: rounded(trends.treeMiB),
        mostGrowth: MOST_GROWTH_MIB,
        isJudged: isMemoryJudged(trends),
      },
      handles: { ...rounded(trends.handles), mostGrowth: MOST_GROWTH_HANDLES },
      sound: {
        clips: clips.length,
        longestClipSeconds: Math.round(Math.max(0, ...clips.map((clip) => clip.seconds))),
        beeps: offsets.length,
        medianMs: Math.round(median(offsets)),
        worstMs: Math.round(worst),
        spreadMs: [Math.round(Math.min(...offsets)), Math.round(Math.max(...offsets))],
        mostMs: MOST_OFFSET_MS,
      },
      controls,
    };
    console.log(JSON.stringify(report, null, values.json === true ? 0 : 2));
    return report.ok ? 0 : 1;
  } finally {
    await stopAllPrograms();
    await rm(dir, { recursive: true, force: true });
    await rm(programs, { recursive: true, force: true });
  }
}

/** @param least - How long, and how many visits, at least. */
async function live(
  dir: string,
  program: string,
  film: string,
  { seconds, visits: leastVisits }: { readonly seconds: number; readonly visits: number },
  signal: AbortSignal,
): Promise<Life> {
  await mkdir(dir, { recursive: true });
  const home = await WatchedHome.move(dir, program, film);
  const clips: ClipOffsets[] = [];
  let openedAt = Number.NEGATIVE_INFINITY;
  const open = async (): Promise<void> => {
    const clip = await home.openNewest(dir);
    if (clip !== null) clips.push(clip);
    openedAt = home.seconds;
  };
  try {
    for (let visits = 0; (visits < leastVisits || home.seconds < seconds) && !signal.aborted; visits += 1) {
      await home.visit();
      if (home.seconds - openedAt >= Math.min(OPEN_EVERY_SECONDS, seconds / 4)) await open();
      if (visits % 10 === 0) tell(home, clips);
      if (visits === leastVisits && seconds >= LONG_CLIP_FROM_SECONDS) {
        await home.stay(LONG_CLIP_MS, signal);
        await open();
      }
    }
    return { home, clips };
  } finally {
    await home.leave();
  }
}

function tell(home: WatchedHome, clips: readonly ClipOffsets[]): void {
  const last = (samples: readonly { readonly value: number }[]): number => Math.round(samples.at(-1)?.value ?? 0);
  const { residentMiB, treeMiB, handles } = home.watched;
  const worst = Math.round(Math.max(0, ...clips.flatMap(({ offsetsMs }) => offsetsMs.map(Math.abs))));
  process.stderr.write(
    `${Math.round(home.seconds)} s, ${home.counts.views} visits: daemon ${last(residentMiB)} MiB, all ${last(treeMiB)} MiB, ` +
      `${last(handles)} handles; sound within ${worst} ms in ${clips.length} clips\n`,
  );
}

interface Trends {
  readonly residentMiB: Trend;
  readonly treeMiB: Trend;
  readonly handles: Trend;
}

function trendsOf({ watched }: WatchedHome): Trends {
  return {
    residentMiB: trendOf(watched.residentMiB),
    treeMiB: trendOf(watched.treeMiB),
    handles: trendOf(watched.handles),
  };
}

function isFlat(trends: Trends): boolean {
  const { residentMiB, treeMiB, handles } = trends;
  const isMemoryFlat = residentMiB.growth <= MOST_GROWTH_MIB && treeMiB.growth <= MOST_GROWTH_MIB;
  return handles.growth <= MOST_GROWTH_HANDLES && (isMemoryFlat || !isMemoryJudged(trends));
}

const isSeen = ({ views, viewsWithoutPicture }: WatchedHome["counts"]): boolean =>
  viewsWithoutPicture <= Math.max(1, views * MOST_VIEWS_WITHOUT_PICTURE);

const isMemoryJudged = ({ residentMiB }: Trends): boolean => residentMiB.samples >= LEAST_SAMPLES_OF_MEMORY;

async function isShiftCaught(film: string, dir: string): Promise<boolean> {
  const shifted = join(dir, "shifted.mp4");
  await delaySound(film, shifted, CONTROL_DELAY_SECONDS);
  const offsets = await soundOffsetsMs(shifted);
  return offsets.length > 0 && offsets.every((offset) => Math.abs(offset) > MOST_OFFSET_MS);
}

const rounded = ({ samples, level, growth, perHour }: Trend): Trend => ({
  samples,
  level: Math.round(level * 10) / 10,
  growth: Math.round(growth * 10) / 10,
  perHour: Math.round(perHour * 10) / 10,
});

async function bundle(entry: string, outfile: string): Promise<void> {
  const options = { bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "warning" } as const;
  await build({ ...options, entryPoints: [join(process.cwd(), entry)], outfile });
}

process.exitCode = await main();

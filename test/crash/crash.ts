/**
 * `npm run crash -- [--kills N] [--seed S] [--at-once N] [--json] [--short]`: kills the daemon, and at times the delivery
 * broker and the recipient, with SIGKILL at random moments of recording, closing, consenting and delivering, starts them
 * again, and looks whether every promise was kept.
 *
 * How promises are seen without asking the daemon: it is frozen (SIGSTOP, every thread), what it has on disk is copied, and
 * then it is killed where it stands. A catalog row is committed before a fragment counts as kept, so the rows in that copy
 * are at least all that was acknowledged up to the kill. A process dies here, not the power: bytes that reached the kernel
 * stay. That syncs come in the right order is the business of the vault's own tests.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proofOptions } from "../proof-options.ts";
import { bundleDoorward } from "./bundle.ts";
import { makeFilm } from "./film.ts";
import { addTally, emptyTally } from "./tally.ts";
import { beWorldProcess, runInProcess, WORLD_FLAG, type WorldOrder, type WorldResult } from "./world-process.ts";

const SHORT_KILLS = 25;
const USAGE = `npm run crash -- [--kills N] [--seed S] [--at-once N] [--short] [--json]

Kills the doorbell N times (default ${SHORT_KILLS}) at random moments, starts it again, and looks whether every promise was kept.
  npm run crash -- --kills 1000 --json    the long run, three households at once
  npm run crash -- --seed 77              the same moments again`;
const LEAST_KILLS = 8;
const KILLS_PER_HOUSEHOLD = 12;
const AT_ONCE = 3;

async function main(): Promise<number> {
  const values = proofOptions(USAGE, {
    kills: { type: "string" },
    seed: { type: "string" },
    "at-once": { type: "string" },
    json: { type: "boolean" },
    short: { type: "boolean" },
  });
  const kills = Number(values.kills ?? SHORT_KILLS);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000));
  const atOnce = Number(values["at-once"] ?? AT_ONCE);
  if (!Number.isSafeInteger(kills) || kills < LEAST_KILLS || !Number.isSafeInteger(seed) || !(atOnce >= 1)) {
    console.error(`--kills, --seed and --at-once are whole numbers, and --kills is at least ${LEAST_KILLS}`);
    return 2;
  }
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  const dir = await mkdtemp(join(tmpdir(), "dw-crash-"));
  const program = join(process.cwd(), ".cache/crash", `doorward-${process.pid}.mjs`);
  try {
    progress(`${kills} kills, seed ${seed}`);
    await bundleDoorward(program);
    const film = join(dir, "film.mp4");
    await makeFilm(film);
    const orders = ordersFor(kills, seed, { dir, main: program, film });
    const report = judge(await runAll(orders, atOnce, kills, stopping.signal), kills, seed);
    if (values.json === true) console.log(JSON.stringify(report));
    else console.log(JSON.stringify(report, null, 2));
    return report.ok ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
    await rm(program, { force: true });
  }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function ordersFor(kills: number, seed: number, where: Pick<WorldOrder, "dir" | "main" | "film">): WorldOrder[] {
  const households = Math.max(1, Math.round(kills / KILLS_PER_HOUSEHOLD));
  return Array.from({ length: households }, (_, i) => ({
    ...where,
    dir: join(where.dir, String(i)),
    kills: Math.floor((kills * (i + 1)) / households) - Math.floor((kills * i) / households),
    seed: seed + i * 7919,
    withControls: i === 0,
  }));
}

interface RunResult {
  readonly results: readonly WorldResult[];
  readonly broken: readonly string[];
  readonly seconds: number;
}

async function runAll(orders: WorldOrder[], atOnce: number, kills: number, signal: AbortSignal): Promise<RunResult> {
  const startedAt = performance.now();
  const results: WorldResult[] = [];
  const broken: string[] = [];
  const waiting = [...orders];
  let done = 0;
  const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);
  const onKill = (): void => {
    done += 1;
    if (done % 10 === 0 || done === kills)
      progress(`${done} of ${kills} kills, ${seconds()} s, ${broken.length} broken runs`);
  };
  const work = async (): Promise<void> => {
    for (let order = waiting.shift(); order !== undefined && !signal.aborted; order = waiting.shift()) {
      try {
        const result = await runInProcess(order, onKill, signal);
        results.push(result);
        for (const [fault, sentences] of Object.entries(result.tally.faults)) {
          for (const sentence of sentences) progress(`${fault}: ${sentence} (seed ${order.seed})`);
        }
      } catch (error) {
        broken.push(`seed ${order.seed}: ${(error as Error).message}`);
        progress(`broken run, ${broken.at(-1)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (signal.aborted) broken.push("stopped before the end");
  return { results, broken, seconds: seconds() };
}

function judge({ results, broken, seconds }: RunResult, kills: number, seed: number) {
  const sum = emptyTally();
  for (const { tally } of results) addTally(sum, tally);
  sum.faults.broken.push(...broken);
  const count = (sentences: readonly string[]): number => new Set(sentences).size;
  const control = results.find(({ controls }) => controls !== null)?.controls ?? null;
  const { faults } = sum;
  const isControlled = control !== null && Object.values(control).every(Boolean);
  const isFaultless = Object.values(faults).every((sentences) => sentences.length === 0);
  const isReached = Object.values(sum.phases).every((times) => times > 0);
  return {
    ok: isFaultless && isControlled && isReached && sum.kills === kills && sum.sharesArrived === sum.sharesConsented,
    kills: sum.kills,
    seed,
    seconds,
    victims: sum.victims,
    phases: sum.phases,
    struck: sum.struck,
    acknowledged: sum.acknowledged,
    lost: count(faults.lost),
    corrupt: count(faults.corrupt),
    unacknowledgedGone: sum.unacknowledgedGone,
    doubleReleases: count(faults.doubleReleases),
    checks: sum.checks,
    checksClean: sum.checks - faults.check.length,
    sharesConsented: sum.sharesConsented,
    sharesArrived: sum.sharesArrived,
    sharesUndone: sum.sharesUndone,
    wrongShares: count(faults.wrongShares),
    orphans: count(faults.orphans),
    killsInStart: sum.killsInStart,
    restartMs: spread(sum.restartMs),
    missingFilmMs: spread(sum.missingFilmMs),
    control,
    faults: Object.fromEntries(Object.entries(faults).filter(([, sentences]) => sentences.length > 0)),
  };
}

function spread(values: readonly number[]): { median: number; p99: number; most: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { median: at(0.5), p99: at(0.99), most: at(1) };
}

const worldAt = process.argv.indexOf(WORLD_FLAG);
if (worldAt >= 0) await beWorldProcess(JSON.parse(process.argv[worldAt + 1] ?? "") as WorldOrder);
else process.exitCode = await main();

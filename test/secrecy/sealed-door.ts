import { mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../../src/cli/control-client.ts";
import type { ClipHead } from "../../src/owner/verify-clip.ts";
import { fromHex } from "../../src/protocol/bytes.ts";
import { type Household, makeHousehold } from "../crash/household.ts";
import { OwnerHand, ownerState } from "../crash/owner-hand.ts";
import type { Program } from "../crash/program.ts";
import type { MarkedFilm } from "./marked-film.ts";
import { type KeyHits, searchMemory } from "./memory-search.ts";
import { type Pattern, Search } from "./search.ts";

const START_WITHIN_MS = 60_000;
const CAMERA_WITHIN_MS = 60_000;
const RECORDED_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 250;
/** After it everything that belongs to closing has run, and nothing has begun that would overwrite memory. */
const AFTER_CLOSE_MS = 500;

export interface SealedRun {
  readonly household: Household;
  /** The clip whose keys were looked for. */
  readonly clip: ClipHead;
  readonly disk: Search;
  readonly memory: KeyHits;
}

interface Places {
  readonly dir: string;
  /** The daemon's own temporary directory. */
  readonly temp: string;
}

/**
 * Runs the daemon as it is, records two clips, and searches everything that it has written: its directory, its temporary
 * directory, its log, files that it or its children hold open, and what appeared in the system's temporary directories.
 */
export async function runSealedDoor(
  dir: string,
  main: string,
  film: MarkedFilm,
  patterns: readonly Pattern[],
): Promise<SealedRun> {
  const startedMs = Date.now();
  const places = { dir, temp: join(dir, "tmp") };
  mkdirSync(places.temp, { recursive: true });
  const household = await makeHousehold(dir, main, film.path, { ...process.env, TMPDIR: places.temp });
  const daemon = household.startDaemon();
  const log: string[] = [];
  daemon.onLine((line) => log.push(line));
  await daemon.says('"ready"', START_WITHIN_MS);
  await cameraOn(household);
  const disk = new Search(patterns);
  const look = (): void => lookAround(disk, household, places, daemon, film);
  await record(household, daemon, "ring", look);
  const memory = await searchAfterClose(household, daemon);
  await record(household, daemon, "motion", look);
  const clip = await newestHead(household);
  look();
  await daemon.stop();
  disk.folder(household.device);
  disk.folder(places.temp);
  disk.bytesOf("log", Buffer.from(log.join("\n")));
  const system = new Search(patterns.filter(({ bytes }) => bytes === film.marker));
  for (const folder of new Set([tmpdir(), "/tmp", "/var/tmp", "/dev/shm"])) {
    system.folder(folder, (path) => !path.startsWith(dir) && path !== film.path && isNewerThan(path, startedMs));
  }
  disk.add(system);
  return { household, clip, disk, memory };
}

/** Hangs up again: a daemon that is frozen for as long as a search takes would lose its members anyway. */
async function withOwner<T>({ owner: home }: Household, use: (owner: OwnerHand) => Promise<T>): Promise<T> {
  const owner = await OwnerHand.connect(home);
  try {
    return await use(owner);
  } finally {
    await owner.hangUp();
  }
}

function newestHead(household: Household): Promise<ClipHead> {
  return withOwner(household, async (owner) => {
    const [newest = ""] = await owner.shareableClips();
    return owner.doorbell.head(fromHex(newest));
  });
}

async function cameraOn(household: Household): Promise<void> {
  const until = Date.now() + CAMERA_WITHIN_MS;
  await withOwner(household, async (owner) => {
    while (!(await owner.isCameraOn())) {
      if (Date.now() > until) throw new Error("the camera gives no picture");
      await sleep(100);
    }
  });
  await sleep(1200); // a full pre-roll
}

async function record({ device }: Household, daemon: Program, op: "ring" | "motion", look: () => void): Promise<void> {
  const sealed = new Promise<true>((resolve) => {
    daemon.onLine((line) => {
      if (line.includes('"clip sealed"')) resolve(true);
    });
  });
  await askDaemon({ dataDir: device }, { op }, new AbortController().signal);
  const until = Date.now() + RECORDED_WITHIN_MS;
  while (!(await Promise.race([sealed, sleep(LOOK_EVERY_MS, false)]))) {
    if (Date.now() > until) throw new Error("no clip was sealed");
    look();
  }
}

function lookAround(disk: Search, { device }: Household, { temp }: Places, daemon: Program, film: MarkedFilm): void {
  disk.folder(device);
  disk.folder(temp);
  const input = new Set([statSync(film.path).ino]);
  for (const pid of [daemon.pid, ...daemon.children]) disk.openFiles(pid, input);
}

/** The owner works out the clip's secrets; then the daemon is frozen and its memory searched for them. */
async function searchAfterClose(household: Household, daemon: Program): Promise<KeyHits> {
  await sleep(AFTER_CLOSE_MS);
  const head = await newestHead(household);
  const state = await ownerState(household.owner);
  await daemon.freeze();
  try {
    return await searchMemory(daemon.pid, state, head);
  } finally {
    daemon.thaw();
  }
}

function isNewerThan(path: string, ms: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.ctimeMs >= ms;
}

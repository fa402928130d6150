import { closeSync, cpSync, openSync, readdirSync, readSync, rmSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { AuditLog } from "../../src/device/audit/audit-log.ts";
import { openLedger } from "../../src/device/audit/ledger.ts";
import { loadDeviceKeys } from "../../src/device/device-keys.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { boxKeyOfDay } from "../../src/owner/day-keys.ts";
import { openAuditRow } from "../../src/protocol/audit-chain.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import { LEAF_BYTES } from "../../src/protocol/fragment.ts";
import { type CatalogClip, type Row, readCatalog } from "./clip-files.ts";
import { copyDevice } from "./frozen-copy.ts";
import { readReleaseBook } from "./releases.ts";
import { checkFindings, type World } from "./world.ts";

/** What the harness makes of a directory that was broken on purpose; each must be true. */
export interface Controls {
  readonly truncatedFileIsLost: boolean;
  readonly deletedRowIsLost: boolean;
  readonly flippedByteIsCorrupt: boolean;
  readonly damageIsInCheck: boolean;
  readonly secondReleaseRowIsDouble: boolean;
  readonly secondArrivalIsDouble: boolean;
  readonly absentShareIsMissing: boolean;
  readonly undoneArrivalIsWrong: boolean;
}

/** @param world - At rest, with at least one clip and one share that arrived. Its own directories stay as they are. */
export async function runControls(world: World): Promise<Controls> {
  const truncated = await brokenDevice(world, (dir, clip, row) => {
    truncateSync(clipPath(dir, clip), row.offset + LEAF_BYTES);
  });
  const deleted = await brokenDevice(world, (dir, _clip, { offset }) => {
    const db = new Database(join(dir, "vault/catalog.db"));
    db.prepare("DELETE FROM fragment WHERE offset = ?").run(offset);
    db.close();
  });
  const flipped = await brokenDevice(world, (dir, clip, row) => flipByte(clipPath(dir, clip), row.offset + LEAF_BYTES));
  return {
    truncatedFileIsLost: truncated.lost > 0,
    deletedRowIsLost: deleted.lost > 0,
    flippedByteIsCorrupt: flipped.corrupt > 0,
    damageIsInCheck: [truncated, deleted, flipped].every(({ findings }) => findings > 0),
    secondReleaseRowIsDouble: await secondReleaseRow(world),
    ...(await brokenArrivals(world)),
  };
}

type Break = (dir: string, clip: CatalogClip, row: Row) => void;

async function brokenDevice(
  { household, promised, owner }: World,
  breakIt: Break,
): Promise<{ lost: number; corrupt: number; findings: number }> {
  const copy = copyDevice(household.device, join(household.dir, "broken"));
  const clip = readCatalog(copy.dir).find(({ rows }) => rows.length > 0);
  const row = clip?.rows.at(-1);
  if (clip !== undefined && row !== undefined) breakIt(copy.dir, clip, row);
  const { lost, corrupt } = promised.compare(copy.dir, owner);
  const findings = await checkFindings(copy.configFile);
  copy.discard();
  return { lost: lost.length, corrupt: corrupt.length, findings: findings.length };
}

const clipPath = (dir: string, { id }: CatalogClip): string => join(dir, "vault/clips", `${id}.clip`);

function flipByte(path: string, offset: number): void {
  const file = openSync(path, "r+");
  const byte = new Uint8Array(1);
  readSync(file, byte, 0, 1, offset);
  writeSync(file, Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, offset);
  closeSync(file);
}

/** A release row written twice, in a chain that holds: only counting tokens finds it. */
async function secondReleaseRow({ household, shares, owner }: World): Promise<boolean> {
  const copy = copyDevice(household.device, join(household.dir, "broken"));
  const { seed } = await loadDeviceKeys(copy.dir);
  const ledger = openLedger(join(copy.dir, "ledger.db"));
  const clock = { nowMs: () => Date.now() };
  const log = new AuditLog(ledger, { crypto, clock, signer: seedSigner(crypto, seed.reveal()) });
  const dayKey = (day: number) => boxKeyOfDay(crypto, owner.days, day);
  const entries = log.rows(0, 10_000).map((row) => openAuditRow(crypto, row, dayKey));
  const release = entries.find((entry) => entry?.kind === "release");
  const day = Math.floor(Date.now() / 86_400_000);
  const publicKey = dayKey(day)?.publicKey;
  if (release !== undefined && release !== null && publicKey !== undefined) log.append(release, [{ day, publicKey }]);
  ledger.close();
  const isClean = (await checkFindings(copy.configFile)).length === 0;
  const faults = shares.judgeBook(readReleaseBook(copy.dir, owner));
  copy.discard();
  return isClean && faults.some((fault) => fault.includes("twice"));
}

async function brokenArrivals({ household, shares, owner }: World) {
  const home = join(household.dir, "broken-recipient");
  const book = readReleaseBook(household.device, owner);
  const judgeWith = async (breakIt: (sharesDir: string, name: string) => void) => {
    cpSync(household.recipient, home, { recursive: true });
    const [name] = readdirSync(join(home, "shares"));
    if (name !== undefined) breakIt(join(home, "shares"), name);
    const verdict = await shares.judgeArrivals(home, book);
    rmSync(home, { recursive: true });
    return verdict;
  };
  const twice = await judgeWith((dir, name) => cpSync(join(dir, name), join(dir, `${"0".repeat(32)}.tar`)));
  const absent = await judgeWith((dir) => {
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
  });
  for (const token of book.released) shares.undone(token); // last, because nothing is right after it
  const undone = await judgeWith(() => {});
  return {
    secondArrivalIsDouble: twice.doubleReleases.length > 0,
    absentShareIsMissing: absent.missing.length > 0,
    undoneArrivalIsWrong: undone.wrong.length > 0,
  };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { encodeVerifierKey } from "../../src/protocol/tlog/note.ts";
import { consistencyProof } from "../../src/protocol/tlog/proofs.ts";
import { TreeReader } from "../../src/protocol/tlog/tree-reader.ts";
import { requestCosignatures } from "../../src/witness/request-cosignatures.ts";
import { MemoryLog } from "../fakes/memory-log.ts";
import { entriesOf } from "../log-probes/probe.ts";
import { Program } from "./program.ts";

const KILLS = Number(process.env.KILLS ?? 12);
/** About as long as a cosignature takes, so that kills fall before, within and after the write. */
const LATEST_KILL_MS = 12;
const START_WITHIN_MS = 20_000;

const root = join(import.meta.dirname, "../..");
const program = join(root, ".cache/crash/witness-process.js");
let base = "";

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "witness-kill-"));
  const options = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
  await build({ ...options, entryPoints: [join(import.meta.dirname, "witness-process.ts")], outfile: program });
});
afterAll(() => rm(base, { recursive: true, force: true }));

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.kill()));
});

async function start(dir: string, log: MemoryLog, mode: string): Promise<{ witness: Program; url: string }> {
  const witness = new Program(program, [dir, encodeVerifierKey(log.log.key), mode]);
  running.push(witness);
  return { witness, url: await witness.says("http://", START_WITHIN_MS) };
}

/** Whether the witness cosigned this view of the log, as the log learned it. */
async function isCosigned(url: string, log: MemoryLog): Promise<boolean> {
  const key = log.witnesses[0]?.key;
  if (key === undefined) throw new Error("a log without witnesses");
  const proofFrom = (oldSize: number) =>
    consistencyProof(new TreeReader(crypto, log, log.tree), Math.min(oldSize, log.tree.size), log.tree.size);
  const { cosigned } = await requestCosignatures({ crypto }, await log.publish(1, []), proofFrom, [{ url, key }]);
  return cosigned.length > 0;
}

interface Struck {
  /** Given away before the kill. */
  readonly first: boolean;
  /** The other view of that size, after it. */
  readonly other: boolean;
  readonly firstAgain: boolean;
  readonly wentOn: boolean;
}

/** A log that lies: shows one view, has the witness killed at some moment, and shows it the other. */
async function strike(mode: "honest" | "forgetful", killAfterMs: number | null): Promise<Struck> {
  const dir = await mkdtemp(join(base, "folder-"));
  const log = new MemoryLog(crypto, { witnesses: 1 });
  log.grow(entriesOf(0, 10));
  const before = await start(dir, log, mode);
  expect(await isCosigned(before.url, log)).toBe(true);
  if (mode === "forgetful") await sleep(200);
  const fork = log.fork();
  log.grow(entriesOf(10, 5));
  fork.grow(entriesOf(10, 5, "other"));
  const asking = isCosigned(before.url, log);
  if (killAfterMs === null) await asking;
  else await sleep(killAfterMs);
  await before.witness.kill();
  const first = await asking;
  const after = await start(dir, log, "honest");
  const other = await isCosigned(after.url, fork);
  const firstAgain = await isCosigned(after.url, log);
  const winner = other ? fork : log;
  winner.grow(entriesOf(15, 4));
  const wentOn = await isCosigned(after.url, winner);
  await after.witness.kill();
  return { first, other, firstAgain, wentOn };
}

describe("a witness that is killed", () => {
  test(`has never cosigned two views of one size, in ${KILLS} kills, and goes on with one`, async () => {
    const struck: Struck[] = [];
    for (let i = 0; i < KILLS; i += 1) struck.push(await strike("honest", Math.random() * LATEST_KILL_MS));
    struck.push(await strike("honest", null));
    for (const { first, other, firstAgain, wentOn } of struck) {
      expect({ two: first && other, bothAfter: other && firstAgain, wentOn }).toEqual({
        two: false,
        bothAfter: false,
        wentOn: true,
      });
    }
    expect(struck.some(({ first }) => first)).toBe(true);
  });

  test("and one that answers before it writes is caught (control)", async () => {
    expect(await strike("forgetful", null)).toMatchObject({ first: true, other: true });
  });
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { CodedError } from "../../src/protocol/errors.ts";
import { readLeaf } from "../../src/protocol/register/leaf.ts";
import type { LogPolicy } from "../../src/protocol/tlog/checkpoint.ts";
import { compareCheckpoints } from "../../src/protocol/tlog/compare-checkpoints.ts";
import { followLog } from "../../src/protocol/tlog/follow-log.ts";
import { checkRegister } from "../../src/register/check-register.ts";
import { FolderSource } from "../../src/register/log-folder.ts";
import { Register } from "../../src/register/register.ts";
import { RegisterFolder } from "../../src/register/register-folder.ts";

const KILLS = Number(process.env.KILLS ?? 12);
const LATEST_KILL_MS = 250;
const root = join(import.meta.dirname, "../..");
const writer = join(root, ".cache/crash/register-writer.js");
let base = "";

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "register-kill-"));
  const options = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
  await build({ ...options, entryPoints: [join(import.meta.dirname, "register-writer.ts")], outfile: writer });
});
afterAll(() => rm(base, { recursive: true, force: true }));

interface Witnessed {
  /** Digests of the statements that the register said were accepted. */
  readonly accepted: Set<string>;
  /** Every checkpoint that a follower could have seen. */
  readonly checkpoints: Map<string, Uint8Array>;
}

async function makeFolder(): Promise<RegisterFolder> {
  const folder = new RegisterFolder(crypto, await mkdtemp(join(base, "folder-")));
  await folder.create({ name: "crash.example/requests", about: "A register that is killed", witnesses: [], quorum: 0 });
  return folder;
}

async function look(folder: RegisterFolder, { checkpoints }: Witnessed): Promise<void> {
  const bytes = await readFile(join(folder.publicDir, "checkpoint")).catch(() => null);
  if (bytes !== null) checkpoints.set(bytes.toString("utf8"), new Uint8Array(bytes));
}

/** Runs the writer, kills it at a random moment after it began, and keeps what it said and showed until then. */
async function runAndKill(folder: RegisterFolder, mode: string, seen: Witnessed): Promise<void> {
  const first = String(seen.accepted.size + 1_000_000 * seen.checkpoints.size);
  const child = spawn(process.execPath, [writer, folder.dir, first, mode], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stdout })) seen.accepted.add(line);
  })();
  await once(child.stdout, "data");
  const endMs = performance.now() + Math.random() * LATEST_KILL_MS;
  while (performance.now() < endMs) {
    await look(folder, seen);
    await sleep(5);
  }
  child.kill("SIGKILL");
  await exited;
  await reading;
  await look(folder, seen);
}

async function policyOf(folder: RegisterFolder): Promise<LogPolicy> {
  const { settings, logKey } = await folder.identity();
  return { origin: settings.name, logKey, witnesses: [], quorum: 0 };
}

/** Every digest under the published checkpoint. @throws LogError when the checkpoint is ahead of its tiles. */
async function published(folder: RegisterFolder): Promise<Set<string>> {
  const { entries } = await followLog(crypto, await policyOf(folder), null, new FolderSource(folder.publicDir));
  const digests = new Set<string>();
  for await (const { bytes } of entries) digests.add(toHex(readLeaf(crypto, bytes).entry.statement.digest));
  return digests;
}

/** Looks at what the kill left, starts the register again, and names every promise that it does not keep. */
async function brokenPromises(folder: RegisterFolder, { accepted, checkpoints }: Witnessed): Promise<string[]> {
  const broken = new Set<string>();
  const name = (error: unknown, what: string): void => {
    if (!(error instanceof CodedError)) throw error;
    broken.add(`${what}: ${String(error.code)}`);
  };
  await published(folder).catch((error: unknown) => name(error, "as the kill left it"));
  try {
    const register = await Register.open({ crypto, clock: systemClock, log: silentLog }, folder);
    await register.stop();
    const found = await published(folder);
    if ([...accepted].some((digest) => !found.has(digest))) broken.add("an accepted statement is gone");
    const { findings } = await checkRegister(crypto, folder, { nowSeconds: Math.floor(Date.now() / 1000) });
    for (const { code } of findings) broken.add(`check: ${code}`);
  } catch (error) {
    name(error, "started again");
  }
  const source = new FolderSource(folder.publicDir);
  const now = new Uint8Array(await readFile(join(folder.publicDir, "checkpoint")));
  for (const checkpoint of checkpoints.values()) {
    await compareCheckpoints(crypto, await policyOf(folder), checkpoint, now, source).catch((error: unknown) =>
      name(error, "a follower's checkpoint"),
    );
  }
  return [...broken];
}

describe("a register killed at random moments", () => {
  test("loses nothing that it accepted, shows no checkpoint ahead of its tiles, and does not fork", async () => {
    const folder = await makeFolder();
    const seen: Witnessed = { accepted: new Set(), checkpoints: new Map() };
    for (let kill = 0; kill < KILLS; kill += 1) {
      await runAndKill(folder, "honest", seen);
      expect(await brokenPromises(folder, seen)).toEqual([]);
    }
    expect(seen.accepted.size).toBeGreaterThan(KILLS);
    expect(seen.checkpoints.size).toBeGreaterThan(KILLS);
  });
});

describe("controls: the same test notices", () => {
  async function brokenWithin(mode: string, tries: number): Promise<string[]> {
    for (let i = 0; i < tries; i += 1) {
      const folder = await makeFolder();
      const seen: Witnessed = { accepted: new Set(), checkpoints: new Map() };
      await runAndKill(folder, mode, seen);
      const broken = await brokenPromises(folder, seen);
      if (broken.length > 0) return broken;
    }
    return [];
  }

  test("a register that says so before it has written", async () => {
    expect(await brokenWithin("eager", 5)).toContain("an accepted statement is gone");
  });

  test("a register that signs before its tiles are there", async () => {
    expect((await brokenWithin("hasty", 5)).join()).toMatch(/log\/(missing|damaged)|register\/damaged/);
  });

  test("a register that goes on from an older copy", async () => {
    const folder = await makeFolder();
    const seen: Witnessed = { accepted: new Set(), checkpoints: new Map() };
    await runAndKill(folder, "honest", seen);
    const copy = `${folder.dir}-copy`;
    await cp(folder.dir, copy, { recursive: true });
    await runAndKill(folder, "honest", seen);
    await rm(folder.dir, { recursive: true });
    await cp(copy, folder.dir, { recursive: true });
    expect((await brokenPromises(folder, seen)).length).toBeGreaterThan(0);
    await runAndKill(folder, "honest", { accepted: new Set(), checkpoints: new Map() });
    expect(await brokenPromises(folder, seen)).toContain("a follower's checkpoint: log/forked");
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSystemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import type { ClipHead } from "../../src/device/vault/types.ts";
import { Vault } from "../../src/device/vault/vault.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import { fragmentKeys, isLane } from "../../src/protocol/clip-keys.ts";
import { openSelfSigned } from "../../src/protocol/envelope.ts";
import { openFragment } from "../../src/protocol/fragment.ts";
import { manifestStatement } from "../../src/protocol/statements/manifest.ts";
import { openWrap } from "../../src/protocol/wrap.ts";

const KILLS = Number(process.env.KILLS ?? 30);
const KILLS_PER_FOLDER = 5;
const LATEST_KILL_MS = 200;

const root = join(import.meta.dirname, "../..");
const writer = join(root, ".cache/crash/vault-writer.js");
const member = crypto.boxKeyFromSecret(crypto.randomBytes(32));
const day = Math.floor(Date.now() / 86_400_000);

let base = "";

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "vault-kill-"));
  const options = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
  await build({ ...options, entryPoints: [join(import.meta.dirname, "vault-writer.ts")], outfile: writer });
});
afterAll(() => rm(base, { recursive: true, force: true }));

interface Promised {
  /** Clip id → lane and index of every acknowledged fragment. */
  readonly kept: Map<string, [lane: number, index: number][]>;
  readonly closed: Set<string>;
}

/** Runs the writer, kills it at a random moment after it began, and adds to what it was promised until then. */
async function runAndKill(dir: string, mode: "honest" | "eager", promised: Promised): Promise<void> {
  const child = spawn(process.execPath, [writer, dir, toHex(member.publicKey), String(day), mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const reading = readPromises(child, promised);
  await once(child.stdout, "data");
  await sleep(Math.random() * LATEST_KILL_MS);
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  expect(await exited).toEqual([null, "SIGKILL"]);
  await reading;
}

async function readPromises(child: ChildProcess, promised: Promised): Promise<void> {
  if (child.stdout === null) throw new Error("the writer has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, id = "", lane, index] = line.split(" ");
    if (word === "closed") promised.closed.add(id);
    else promised.kept.set(id, [...(promised.kept.get(id) ?? []), [Number(lane), Number(index)]]);
  }
}

/** Starts the vault again and names every promise that it does not keep. */
async function brokenPromises(dir: string, { kept, closed }: Promised): Promise<string[]> {
  const clock = makeSystemClock({ trust: "trusted" });
  const ports = { crypto, clock, log: silentLog, deviceSigningSeed: new Uint8Array(32).fill(7) };
  const vault = new Vault({ dir, quotaBytes: 1e12 }, ports);
  await vault.start();
  try {
    const broken: string[] = [];
    for (const [hex, fragments] of kept) {
      const id = fromHex(hex);
      if (vault.find(id) === null) {
        broken.push(`clip ${hex} is gone`);
        continue;
      }
      const head = await vault.head(id);
      const { payload } = openSelfSigned(
        crypto,
        manifestStatement,
        head.manifest ?? new Uint8Array(),
        (of) => of.clipKey,
      );
      if (closed.has(hex) && payload.closed !== "full") broken.push(`clip ${hex} was closed and is cut`);
      for (const [lane, index] of fragments) {
        const fault = await faultOf(vault, head, lane, index);
        if (fault !== null) broken.push(`fragment ${hex} ${lane}/${index}: ${fault}`);
      }
    }
    const { findings } = await vault.check();
    return [...broken, ...findings.map(({ text }) => text)];
  } finally {
    await vault.stop();
  }
}

/** Opens the fragment as the member would, and compares what was recorded. */
async function faultOf(
  vault: Vault,
  { id, wraps, leaves }: ClipHead,
  lane: number,
  index: number,
): Promise<string | null> {
  if (!isLane(lane)) return "no such lane";
  const leaf = leaves.find((found) => found.lane === lane && found.index === index);
  const seed = openWrap(crypto, wraps[0] ?? new Uint8Array(), member);
  if (leaf === undefined || seed === null) return "not in the clip";
  try {
    const key = fragmentKeys(crypto, seed, lane, index + 1)[index] ?? new Uint8Array();
    const plain = openFragment(crypto, id, leaf, key, await vault.readFragment(id, lane, index));
    const text = new TextDecoder().decode(plain);
    const expected = lane === 1 || lane === 2 ? `${lane} ${index} x` : `${lane === 3 ? "thumbnail" : "meta"} ${index}`;
    return text.startsWith(expected) ? null : "another content";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("killed at random moments", () => {
  test(
    `${KILLS} times, no acknowledged fragment is lost or changed, cut clips are signed, the check is clean`,
    async () => {
      let fragments = 0;
      let cut = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        const dir = join(base, `honest-${Math.floor(kill / KILLS_PER_FOLDER)}`);
        const promised: Promised = { kept: new Map(), closed: new Set() };
        await runAndKill(dir, "honest", promised);
        expect(await brokenPromises(dir, promised), `kill ${kill}`).toEqual([]);
        for (const kept of promised.kept.values()) fragments += kept.length;
        cut += promised.kept.size - promised.closed.size;
        if (kill % KILLS_PER_FOLDER === KILLS_PER_FOLDER - 1) await rm(dir, { recursive: true });
      }
      expect(fragments).toBeGreaterThan(KILLS);
      expect(cut).toBeGreaterThan(0);
    },
    Math.max(120_000, KILLS * 5000),
  );

  test("a writer that acknowledges before it writes is caught", async () => {
    const broken: string[] = [];
    for (let kill = 0; kill < 20 && broken.length === 0; kill += 1) {
      const promised: Promised = { kept: new Map(), closed: new Set() };
      const dir = join(base, `eager-${kill}`);
      await runAndKill(dir, "eager", promised);
      broken.push(...(await brokenPromises(dir, promised)));
    }
    expect(broken).not.toEqual([]);
  });
});

import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Log, LogFields } from "../../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import type { DayPublicKey, OpenClip, VaultConfig, VaultPorts } from "../../../src/device/vault/types.ts";
import { Vault } from "../../../src/device/vault/vault.ts";
import { toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { fragmentKeys, LANES, type Lane } from "../../../src/protocol/clip-keys.ts";
import { dayBoxKey, dayKey } from "../../../src/protocol/day-chain.ts";
import { openFragment } from "../../../src/protocol/fragment.ts";
import { openWrap, parseWrap } from "../../../src/protocol/wrap.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

export const crypto = nodeCrypto;
export const deviceSigningSeed = new Uint8Array(32).fill(7);
export const MS_PER_DAY = 86_400_000;

const FIRST_CHAIN_DAY = 20_440;

/** A member whose day chain begins shortly before the fake clock's day. */
export class Member {
  readonly #chainKey: Uint8Array;

  constructor(name: string) {
    this.#chainKey = crypto.sha256(utf8(name));
  }

  keyOf(day: number): DayPublicKey {
    return { day, publicKey: this.boxKeyOf(day).publicKey };
  }

  boxKeyOf(day: number) {
    return dayBoxKey(crypto, dayKey(crypto, this.#chainKey, FIRST_CHAIN_DAY, day));
  }

  /** The clip's plain fragments of a lane, as the member's phone would see them; throws when one does not open. */
  async open(vault: Vault, id: Uint8Array, lane: Lane): Promise<string[]> {
    const head = await vault.head(id);
    const seeds = head.wraps.map((wrap) => openWrap(crypto, wrap, this.boxKeyOf(parseWrap(wrap).day)));
    const seed = seeds.find((found) => found !== null);
    if (!seed) throw new Error("no wrap is for this member");
    const leaves = head.leaves.filter((leaf) => leaf.lane === lane);
    const keys = fragmentKeys(crypto, seed, lane, leaves.length);
    const texts: string[] = [];
    for (const [i, leaf] of leaves.entries()) {
      const ciphertext = await vault.readFragment(id, lane, leaf.index);
      const plain = openFragment(crypto, id, leaf, keys[i] ?? new Uint8Array(32), ciphertext);
      texts.push(new TextDecoder().decode(plain));
    }
    return texts;
  }
}

export class RecordingLog implements Log {
  readonly lines: { level: string; event: string; fields: LogFields }[] = [];
  debug = (event: string, fields: LogFields = {}): void => void this.lines.push({ level: "debug", event, fields });
  info = (event: string, fields: LogFields = {}): void => void this.lines.push({ level: "info", event, fields });
  warn = (event: string, fields: LogFields = {}): void => void this.lines.push({ level: "warn", event, fields });
  error = (event: string, fields: LogFields = {}): void => void this.lines.push({ level: "error", event, fields });

  events(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map(({ event }) => event);
  }
}

export interface TestVault {
  readonly vault: Vault;
  readonly dir: string;
  readonly clock: FakeClock;
  readonly log: RecordingLog;
  readonly member: Member;
  readonly config: VaultConfig;
  readonly ports: VaultPorts;
  clipPath(id: Uint8Array): string;
  /** Stops this vault and starts another one on the same folder. */
  restart(ports?: Partial<VaultPorts>): Promise<TestVault>;
}

/** @param parent - `memory` is much quicker where many vaults are made: nothing in these tests cuts real power. */
export async function temporaryFolder(parent: "disk" | "memory" = "disk"): Promise<string> {
  const dir = await mkdtemp(join(parent === "memory" && existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "vault-test-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function startVault(
  config: Partial<VaultConfig> = {},
  ports: Partial<VaultPorts> = {},
  clock = new FakeClock(),
): Promise<TestVault> {
  const made = await makeVault(config, ports, clock);
  await made.vault.start();
  return made;
}

export async function makeVault(
  config: Partial<VaultConfig> = {},
  ports: Partial<VaultPorts> = {},
  clock = new FakeClock(),
): Promise<TestVault> {
  const log = new RecordingLog();
  const wholeConfig = { dir: config.dir ?? (await temporaryFolder()), quotaBytes: 100_000_000, ...config };
  const wholePorts = { crypto, clock, log, deviceSigningSeed, ...ports };
  const vault = new Vault(wholeConfig, wholePorts);
  onTestFinished(() => vault.stop());
  return {
    vault,
    dir: wholeConfig.dir,
    clock,
    log,
    member: new Member("anna"),
    config: wholeConfig,
    ports: wholePorts,
    clipPath: (id) => join(wholeConfig.dir, "clips", `${toHex(id)}.clip`),
    async restart(newPorts = {}) {
      await vault.stop();
      return startVault(wholeConfig, newPorts, clock);
    },
  };
}

export const openClip = ({ vault, member }: TestVault): Promise<OpenClip> =>
  vault.openClip({
    recipients: [member.keyOf(vault.today())],
    meta: utf8("meta 0"),
    thumbnail: utf8("a jpeg"),
  });

/** Closes a clip with so many video fragments of so many bytes, named `video 0`, `video 1`, … and padded. */
export async function recordClip(card: TestVault, fragments = 4, bytes = 2000): Promise<Uint8Array> {
  const clip = await openClip(card);
  for (let i = 0; i < fragments; i += 1) await clip.append(LANES.video, videoFragment(i, bytes));
  await clip.append(LANES.audio, utf8("audio 0"));
  return (await clip.close("full", utf8("meta 1"))).id;
}

export const videoFragment = (i: number, bytes: number): Uint8Array => utf8(`video ${i}`.padEnd(bytes, "."));

/** The vault's files as they are while it runs: nothing closed, nothing checkpointed. */
export async function copyAsAfterPowerCut(card: TestVault, parent: "disk" | "memory" = "disk"): Promise<string> {
  const dir = await temporaryFolder(parent);
  await cp(card.dir, dir, { recursive: true, preserveTimestamps: true });
  return dir;
}

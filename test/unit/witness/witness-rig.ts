import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { encodeAddCheckpoint } from "../../../src/protocol/tlog/add-checkpoint.ts";
import { encodeVerifierKey } from "../../../src/protocol/tlog/note.ts";
import { consistencyProof } from "../../../src/protocol/tlog/proofs.ts";
import { TreeReader } from "../../../src/protocol/tlog/tree-reader.ts";
import { Witness } from "../../../src/witness/witness.ts";
import { WitnessMemory } from "../../../src/witness/witness-memory.ts";
import { MemoryLog, type TestKey, testKey } from "../../fakes/memory-log.ts";

export function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "doorward-witness-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export interface WitnessRig {
  readonly dir: string;
  readonly identity: TestKey;
  readonly memory: WitnessMemory;
  readonly witness: Witness;
  readonly log: MemoryLog;
  readonly forks: string[];
  now: number;
}

/** A witness that follows one log of ten entries. */
export function witnessRig(): WitnessRig {
  const dir = temporaryDir();
  const memory = WitnessMemory.open(join(dir, "witness.db"));
  onTestFinished(() => memory.close());
  const identity = testKey(crypto, "witness.example/w1", "cosignature/v1", 100);
  const log = new MemoryLog(crypto, { witnesses: 1 });
  log.grow(entriesOf(0, 10));
  memory.follow(log.log.key.name, encodeVerifierKey(log.log.key));
  const forks: string[] = [];
  const rig = { now: 1_700_000_000 };
  const witness = new Witness(identity, {
    crypto,
    memory,
    nowSeconds: () => rig.now,
    onFork: (origin) => forks.push(origin),
  });
  return Object.assign(rig, { dir, identity, memory, witness, log, forks });
}

export const entriesOf = (first: number, count: number, words = "entry"): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => utf8(`${words} ${first + i}`));

export const proofFrom =
  (log: MemoryLog) =>
  (oldSize: number): Promise<Uint8Array[]> =>
    oldSize > log.tree.size
      ? Promise.resolve([])
      : consistencyProof(new TreeReader(crypto, log, log.tree), oldSize, log.tree.size);

/** The request that an honest log of this state makes. */
export async function requestOf(log: MemoryLog, oldSize: number): Promise<Uint8Array> {
  const checkpoint = await log.publish(1, []);
  return encodeAddCheckpoint({ oldSize, proof: await proofFrom(log)(oldSize), checkpoint });
}

export const originHash = (log: MemoryLog): string => toHex(crypto.sha256(utf8(log.log.key.name)));

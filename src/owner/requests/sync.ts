import { toHex, utf8 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import {
  decodeRegisterMemory,
  encodeRegisterMemory,
  type FollowedRegister,
  followRegister,
} from "../../protocol/register/follow-register.ts";
import { type LogPolicy, type OpenCheckpoint, openSignedCheckpoint } from "../../protocol/tlog/checkpoint.ts";
import { LogError } from "../../protocol/tlog/errors.ts";
import { expectGrownFrom } from "../../protocol/tlog/follow-log.ts";
import { CHECKPOINT_PATH, type TileSource } from "../../protocol/tlog/tiles.ts";
import { TreeReader } from "../../protocol/tlog/tree-reader.ts";
import { type IndexedClip, readClipIndex } from "../clip-index.ts";
import type { Doorbell } from "../doorbell.ts";
import type { OwnerState, RegisterChoice } from "../owner-state.ts";
import { type Shelf, saveIfChanged } from "../shelf.ts";
import { originOf, policyOf } from "./registers.ts";

export interface SyncPorts {
  readonly crypto: Crypto;
  readonly doorbell: Pick<Doorbell, "clipIndex" | "head" | "fragments" | "registerFile">;
  readonly deviceKey: Uint8Array;
  readonly state: OwnerState;
  readonly shelf: Shelf;
  readonly nowSeconds: number;
  /** How a register's own address is read. */
  readonly openUrl: (url: string) => TileSource;
  readonly onProgress?: (done: number, total: number) => void;
}

export type SyncedRegister =
  | {
      readonly outcome: "followed";
      readonly register: RegisterChoice;
      readonly followed: FollowedRegister;
      /** What the doorbell's copy was compared with; `none`: it has no copy, or this app has read nothing else. */
      readonly doorbell: "agrees" | "none";
    }
  /** Nothing of it is matched or shown; what was known of it before is kept. */
  | { readonly outcome: "failed"; readonly register: RegisterChoice; readonly error: LogError };

export interface Synced {
  readonly clips: readonly IndexedClip[];
  readonly registers: readonly SyncedRegister[];
}

/**
 * All that an app fetches when it opens, before anything can be looked at: the times of every clip, and every register up to its
 * newest checkpoint. It is the same whether anybody then looks at requests or not, and so is what it leaves on the shelf.
 * @throws OwnerError when the doorbell does not answer.
 */
export async function syncHome(ports: SyncPorts): Promise<Synced> {
  const clips = await readClipIndex(ports);
  return { clips, registers: await syncRegisters(ports) };
}

export type RegisterSyncPorts = Pick<SyncPorts, "crypto" | "state" | "shelf" | "nowSeconds" | "openUrl"> & {
  readonly doorbell: Pick<Doorbell, "registerFile">;
};

/** One that answers slowly holds up none of the others before so many do. */
const REGISTERS_AT_ONCE = 4;

/** The registers alone, in the order of the state, for an app that has an index of its clips already. @throws OwnerError as {@link syncHome}. */
export async function syncRegisters(ports: RegisterSyncPorts): Promise<SyncedRegister[]> {
  const waiting = [...(ports.state.registers ?? []).entries()];
  const synced: SyncedRegister[] = [];
  const workOff = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [place, register] = next;
      synced[place] = await syncRegister(ports, register);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: REGISTERS_AT_ONCE }, workOff));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return synced;
}

async function syncRegister(ports: RegisterSyncPorts, register: RegisterChoice): Promise<SyncedRegister> {
  const { crypto, shelf, nowSeconds } = ports;
  const name = shelfName(crypto, register);
  try {
    const policy = policyOf(crypto, register, nowSeconds);
    const copy = doorbellSource(ports.doorbell, originOf(register));
    const own = register.url === null ? null : ports.openUrl(register.url);
    const saved = await shelf.load(name);
    const memory = saved === null ? null : decodeRegisterMemory(saved);
    const followed = await followRegister(crypto, policy, memory, own ?? expectCopy(copy), { nowSeconds });
    const doorbell = own === null ? "none" : await compareWithCopy(crypto, policy, followed.checkpoint, own, copy);
    await saveIfChanged(shelf, name, saved, encodeRegisterMemory(followed.memory));
    return { outcome: "followed", register, followed, doorbell };
  } catch (error) {
    if (error instanceof LogError) return { outcome: "failed", register, error };
    throw error;
  }
}

/**
 * The doorbell may have been shown another log than this app: of two checkpoints one tree must be the beginning of the other.
 * @throws LogError `log/forked` with both.
 */
async function compareWithCopy(
  crypto: Crypto,
  policy: LogPolicy,
  own: OpenCheckpoint,
  source: TileSource,
  copy: TileSource,
): Promise<"agrees" | "none"> {
  const bytes = await copy.get(CHECKPOINT_PATH);
  if (bytes === null) return "none";
  // Of the copy only the log's own signature counts: a fork is one with or without witnesses.
  const theirs = { ...openSignedCheckpoint(crypto, policy, bytes), bytes };
  const [older, newer, tiles] = theirs.size <= own.size ? [theirs, own, source] : [own, theirs, copy];
  const seen = { size: older.size, root: older.root, checkpoint: older.bytes };
  await expectGrownFrom(seen, newer, new TreeReader(crypto, tiles, newer));
  return "agrees";
}

function doorbellSource(doorbell: Pick<Doorbell, "registerFile">, origin: string): TileSource {
  return { get: (path) => doorbell.registerFile(origin, path) };
}

/** A doorbell that has just been told of a register has no copy until its next fixed minute. */
function expectCopy(copy: TileSource): TileSource {
  return {
    get: async (path) => {
      const bytes = await copy.get(path);
      if (bytes !== null || path !== CHECKPOINT_PATH) return bytes;
      throw new LogError("log/missing", "the doorbell has no copy yet; it fetches one at fixed minutes, twice an hour");
    },
  };
}

/** Of a register's memory. */
export function shelfName(crypto: Crypto, { logKey }: RegisterChoice): string {
  return `register-${toHex(crypto.sha256(utf8(logKey)).subarray(0, 8))}`;
}

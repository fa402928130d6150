import { join } from "node:path";
import { loadDeviceKeys } from "../../../src/device/device-keys.ts";
import { makeSystemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { Vault } from "../../../src/device/vault/vault.ts";
import type { OwnerState } from "../../../src/owner/owner-state.ts";
import { keyOf, leafName, readCatalog, readClipFile } from "../../crash/clip-files.ts";
import type { Household } from "../../crash/household.ts";
import { readReleaseBook } from "../../crash/releases.ts";
import { checkFindings } from "../../crash/world.ts";
import type { TimedPromise } from "./promises.ts";

/** What was wrong with one image, a sentence each; all empty when every promise was kept. */
export interface Faults {
  /** Promised fragments, closed clips or accepted consents that are gone. */
  readonly lost: string[];
  /** What `doorward check` finds after the vault has mended itself. */
  readonly check: string[];
  /** Released twice, or though undone, or without the owner's consent. */
  readonly shares: string[];
}

/** Clip id → lane and index → name of the leaf data: what the recording really was. */
export type Recorded = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @param device - Of a daemon that has ended in order. */
export function readRecorded(device: string): Recorded {
  return new Map(
    readCatalog(device).map(({ id }) => {
      const records = readClipFile(device, id)?.records ?? [];
      return [id, new Map(records.map((record) => [keyOf(record.leaf), leafName(record)]))];
    }),
  );
}

/** What the daemon does first at every start: clips that the cut ended are signed, the catalog is compared with the files. */
export async function recoverVault(device: string): Promise<void> {
  const { seed } = await loadDeviceKeys(device);
  const clock = makeSystemClock({ trust: "trusted" });
  const ports = { crypto, clock, log: silentLog, deviceSigningSeed: seed.reveal() };
  const vault = new Vault({ dir: join(device, "vault"), quotaBytes: 1e12, retentionDays: 365 }, ports);
  await vault.start();
  await vault.stop();
}

export class Judge {
  readonly #recorded: Recorded;
  readonly #owner: OwnerState;
  readonly #unreadableFromStart: number;

  /** @param unreadableFromStart - Audit rows from before the owner's first day keys came. */
  constructor(recorded: Recorded, owner: OwnerState, unreadableFromStart: number) {
    this.#recorded = recorded;
    this.#owner = owner;
    this.#unreadableFromStart = unreadableFromStart;
  }

  /** @param household - Its device folder is recovered, with no daemon on it. @param promises - Those given before the cut. */
  async judge({ device, config }: Household, promises: readonly TimedPromise[]): Promise<Faults> {
    return {
      lost: [...this.#lostFragments(device, promises), ...this.#lostConsents(device, promises)],
      check: await checkFindings(config),
      shares: this.#wrongShares(device, promises),
    };
  }

  #lostFragments(device: string, promises: readonly TimedPromise[]): string[] {
    const catalog = new Map(readCatalog(device).map(({ id, rows }) => [id, new Set(rows.map(keyOf))]));
    const files = new Map<string, Map<string, string>>();
    const closed = new Set<string>();
    for (const id of catalog.keys()) {
      const content = readClipFile(device, id);
      files.set(id, new Map(content?.records.map((record) => [keyOf(record.leaf), leafName(record)])));
      if (content?.head.manifest !== null && content !== null) closed.add(id);
    }
    return promises.flatMap((promise) => {
      if (promise.kind === "closed") return closed.has(promise.clip) ? [] : [`clip ${promise.clip} is not closed`];
      if (promise.kind !== "kept") return [];
      const { clip, key } = promise;
      if (catalog.get(clip)?.has(key) !== true) return [`fragment ${clip} ${key}`];
      const isSame = files.get(clip)?.get(key) === this.#recorded.get(clip)?.get(key);
      return isSame ? [] : [`fragment ${clip} ${key} is another`];
    });
  }

  #lostConsents(device: string, promises: readonly TimedPromise[]): string[] {
    const { pending, released } = readReleaseBook(device, this.#owner);
    const undone = new Set(promises.flatMap((promise) => (promise.kind === "undone" ? [promise.token] : [])));
    return promises.flatMap((promise) => {
      if (promise.kind === "released") {
        return released.includes(promise.token) ? [] : [`release of token ${promise.token}`];
      }
      if (promise.kind !== "accepted" || undone.has(promise.token)) return [];
      return pending.includes(promise.token) || released.includes(promise.token) ? [] : [`consent ${promise.token}`];
    });
  }

  #wrongShares(device: string, promises: readonly TimedPromise[]): string[] {
    const { pending, released, outbox, unreadable } = readReleaseBook(device, this.#owner);
    const faults = [...repeated(released), ...repeated(outbox.map(({ token }) => token))].map(
      (token) => `token ${token} was released twice`,
    );
    for (const { token } of outbox) {
      if (!released.includes(token)) faults.push(`token ${token} is in the outbox without an audit row`);
    }
    for (const promise of promises) {
      if (promise.kind !== "undone") continue;
      if (released.includes(promise.token)) faults.push(`token ${promise.token} was released though it was undone`);
      if (pending.includes(promise.token)) faults.push(`token ${promise.token} would be released though it was undone`);
    }
    if (unreadable > this.#unreadableFromStart) faults.push(`${unreadable} audit rows cannot be read by the owner`);
    return faults;
  }
}

const repeated = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, at) => names.indexOf(name) !== at)),
];

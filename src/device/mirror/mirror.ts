import { join } from "node:path";
import { fromUtf8, toHex, utf8 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { openSignedCheckpoint } from "../../protocol/tlog/checkpoint.ts";
import { MAX_NOTE_BYTES, parseVerifierKey } from "../../protocol/tlog/note.ts";
import { CHECKPOINT_PATH } from "../../protocol/tlog/tiles.ts";
import type { Clock } from "../platform/clock.ts";
import { codeOf } from "../platform/error-code.ts";
import type { Log } from "../platform/logger.ts";
import { MirrorError } from "./errors.ts";
import { FetchedFiles } from "./fetched-files.ts";
import { FixedMinutes } from "./fixed-minutes.ts";
import type { HttpGet } from "./http-get.ts";
import { type MirroredSizes, MirrorFolder } from "./mirror-folder.ts";
import { countOfPaths, mirrorPaths, partialPaths } from "./mirror-paths.ts";
import { cutTo, expectProven, leadsToItsRoot } from "./proven.ts";

const MS_PER_DAY = 86_400_000;
/** Of one fetch: a year of a country has fewer than two hundred. */
const MAX_FILES = 4_096;

/** A register that is mirrored. The witnesses are for members: the doorbell judges by the log's key alone. */
export interface MirroredRegister {
  /** Name of the log's key, which is the log's name. */
  readonly origin: string;
  readonly url: string;
  readonly logKey: string;
  readonly witnesses: readonly string[];
  readonly quorum: number;
}

export interface MirrorConfig {
  readonly dir: string;
  readonly registers: readonly MirroredRegister[];
  readonly everyMs: number;
  /** For the bundles of one register. */
  readonly roomBytes: number;
}

export interface MirrorPorts {
  readonly crypto: Crypto;
  readonly clock: Pick<Clock, "nowMs" | "synced" | "sleep">;
  readonly log: Log;
  readonly get: HttpGet;
  /** Spreads the minutes; never leaves. */
  readonly deviceSeed: Uint8Array;
}

/**
 * Keeps a copy of each register's log, proven by the log's signature, without reading an entry: at fixed minutes the checkpoint, and all files between its last size
 * and the new one. It knows nothing of requests, so nothing that it does can depend on one: it fetches the same in an empty
 * house, in privacy mode and without members.
 */
export class Mirror {
  readonly #config: MirrorConfig;
  readonly #ports: MirrorPorts;
  readonly #minutes: FixedMinutes;
  readonly #life = new AbortController();
  /** Keys of the logs whose copy was found whole since the start. */
  readonly #found = new Set<string>();
  #running: readonly Promise<void>[] = [];

  constructor(config: MirrorConfig, ports: MirrorPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#minutes = new FixedMinutes(ports.crypto, ports.deviceSeed, config.everyMs);
  }

  get registers(): readonly MirroredRegister[] {
    return this.#config.registers;
  }

  /** Nothing is fetched before the next fixed minute: a start must not show. */
  start(signal: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([signal, this.#life.signal]);
    this.#running = this.#config.registers.map((register, number) =>
      this.#run(register, number, ending).catch((error: unknown) => {
        if (!ending.aborted) this.#ports.log.error("mirror stopped", { error: codeOf(error) });
      }),
    );
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await Promise.all(this.#running);
  }

  /** A file of a register's log as it was fetched, or null where there is none. */
  async read(origin: string, path: string): Promise<Uint8Array | null> {
    const register = this.#config.registers.find((known) => known.origin === origin);
    return register === undefined ? null : this.#folderOf(register).read(path);
  }

  /** Each register for itself: one that answers a byte a minute holds nobody else up. */
  async #run(register: MirroredRegister, number: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    while (!signal.aborted) {
      await this.#minutes.next(clock, signal);
      try {
        await this.#fetch(register, signal);
      } catch (error) {
        signal.throwIfAborted();
        log.warn("register not mirrored", { register: number, code: codeOf(error) });
      }
    }
  }

  async #fetch(register: MirroredRegister, signal: AbortSignal): Promise<void> {
    const { clock, get } = this.#ports;
    const folder = this.#folderOf(register);
    const fetchFile = (path: string, maxBytes: number): Promise<Uint8Array | null> =>
      get(`${register.url.replace(/\/+$/, "")}/${path}`, maxBytes, signal);
    const checkpoint = there(CHECKPOINT_PATH, await fetchFile(CHECKPOINT_PATH, MAX_NOTE_BYTES));
    const size = sizeIn(checkpoint);
    const { crypto } = this.#ports;
    const logKey = parseVerifierKey(crypto, register.logKey);
    const { root } = openSignedCheckpoint(crypto, { origin: register.origin, logKey }, checkpoint);
    const day = Math.floor(clock.nowMs() / MS_PER_DAY);
    const old = await this.#soundSizes(register, folder);
    if (countOfPaths(old.size, size) > MAX_FILES) {
      throw new MirrorError("mirror/no-room", `grown from ${old.size} to ${size} entries`);
    }
    const files = new FetchedFiles(folder, day, this.#config.roomBytes);
    const paths = mirrorPaths(old.size, size);
    try {
      for (const { path, maxBytes, grown } of paths) {
        const bytes = await fetchFile(path, maxBytes);
        const instead = bytes === null && grown !== null ? await fetchFile(grown.path, grown.maxBytes) : null;
        await files.take(path, bytes ?? cutTo(path, there(path, instead)));
      }
      if (size > old.size) {
        await expectProven(crypto, { get: (path) => folder.read(path) }, old.size, { size, root }, paths);
      }
    } catch (error) {
      // Nothing points to them, and the next try may be for other ones: a register that promises and fails would fill the card.
      await files.remove();
      throw error;
    }
    // A smaller log than before is passed on as it is: a member's own memory of the larger one is what convicts it.
    await folder.write(CHECKPOINT_PATH, checkpoint, day);
    if (size > old.size) {
      await folder.setSizes({ size, before: old.size }, day);
      const kept = new Set([...partialPaths(old.size), ...partialPaths(size)]);
      for (const path of partialPaths(old.before)) if (!kept.has(path)) await folder.remove(path);
      await folder.keepWithin(this.#config.roomBytes);
    }
    await folder.stamp(day);
  }

  /**
   * What the copy leads to, looked at whole once after each start: a copy that does not lead to the root that the log signed for it,
   * because the card lost bits or because it was made before copies were proven, counts as none and is fetched anew.
   */
  async #soundSizes({ origin, logKey }: MirroredRegister, folder: MirrorFolder): Promise<MirroredSizes> {
    const { crypto } = this.#ports;
    const sizes = await folder.sizes();
    if (sizes.size === 0 || this.#found.has(logKey)) return sizes;
    const policy = { origin, logKey: parseVerifierKey(crypto, logKey) };
    if (await leadsToItsRoot(crypto, policy, { get: (path) => folder.read(path) }, sizes.size)) {
      this.#found.add(logKey);
      return sizes;
    }
    for (const path of [...partialPaths(sizes.before), ...partialPaths(sizes.size)]) await folder.remove(path);
    return { size: 0, before: 0 };
  }

  #folderOf({ logKey }: MirroredRegister): MirrorFolder {
    const name = toHex(this.#ports.crypto.sha256(utf8(logKey)).subarray(0, 8));
    return new MirrorFolder(join(this.#config.dir, name));
  }
}

function there(path: string, bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw new MirrorError("mirror/missing", `${path} is not there`);
  return bytes;
}

/** How many entries a checkpoint claims: read before anything else, to tell what is no checkpoint at all. */
function sizeIn(checkpoint: Uint8Array): number {
  const [, line = ""] = textOf(checkpoint).split("\n", 2);
  const size = /^(?:0|[1-9][0-9]{0,15})$/.test(line) ? Number(line) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new MirrorError("mirror/no-checkpoint", "no size in the second line");
  return size;
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new MirrorError("mirror/no-checkpoint", "the checkpoint is no text", { cause });
  }
}

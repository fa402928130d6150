import { toHex, wipe } from "../../protocol/bytes.ts";
import { LANES, type Lane } from "../../protocol/clip-keys.ts";
import type { Cancel } from "../platform/clock.ts";
import { beginClip } from "./begin-clip.ts";
import type { CatalogRow } from "./catalog.ts";
import { inspect } from "./check.ts";
import { checkStopped } from "./check-stopped.ts";
import { openClip, placeOf, readCiphertext, readHead, withClipFile } from "./clip-reader.ts";
import { eraseAllWraps } from "./erase-wraps.ts";
import { VaultError } from "./errors.ts";
import { openParts } from "./open-parts.ts";
import type { VaultParts } from "./parts.ts";
import { reconcile } from "./reconcile.ts";
import type { RecordingClip } from "./recording-clip.ts";
import { rebuildCatalog, repair } from "./repair.ts";
import type {
  CheckOptions,
  CheckReport,
  ClipHead,
  ClipOpening,
  ClipRow,
  OpenClip,
  VaultConfig,
  VaultPorts,
  VaultUsage,
} from "./types.ts";

const MS_PER_DAY = 86_400_000;
const RETENTION_CHECK_MS = 3_600_000;
const DEFAULT_RETENTION_DAYS = 14;
const DEFAULT_LIST_LIMIT = 1000;

/**
 * Sealed clips on the card: one append-only file each, and a catalog that the files alone can rebuild. What it promises:
 * 1. An acknowledged fragment survives a power cut: bytes, sync, catalog row, in that order.
 * 2. A fragment's key exists only until the fragment is sealed; the seed only until it is wrapped.
 * 3. A file that cannot be read is never deleted or changed, and one that has to be mended is copied aside first.
 */
export class Vault {
  #config: VaultConfig;
  readonly #ports: VaultPorts;
  readonly #open = new Map<string, RecordingClip>();
  #parts: VaultParts | null = null;
  #cancelRetention: Cancel | null = null;

  constructor(config: VaultConfig, ports: VaultPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /**
   * Opens the catalog, or builds it anew beside a broken one, signs clips that a power cut ended, applies retention.
   * @throws {@link VaultError} `vault/newer-catalog`, `vault/in-use`: nothing was touched.
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#parts !== null) return;
    const parts = await openParts(this.#config, this.#ports);
    try {
      await reconcile(parts, signal);
    } catch (error) {
      parts.catalog.close();
      throw error;
    }
    this.#parts = parts;
    await this.enforceRetention();
    await parts.space.fillBallast();
    this.#cancelRetention = this.#ports.clock.every(RETENTION_CHECK_MS, () => {
      this.enforceRetention().catch((error: Error) => {
        this.#ports.log.error("retention could not be applied", { reason: error.message });
      });
    });
  }

  /** Quota and retention from now on; the next clip or the next hourly look applies them. */
  configure(limits: Pick<VaultConfig, "quotaBytes" | "retentionDays">): void {
    this.#config = { ...this.#config, ...limits };
    this.#parts?.space.setQuota(limits.quotaBytes);
  }

  /** Closes open clips as cut. Does not throw, may be called twice. */
  async stop(): Promise<void> {
    this.#cancelRetention?.();
    this.#cancelRetention = null;
    await Promise.allSettled([...this.#open.values()].map((clip) => clip.interrupt()));
    const parts = this.#parts;
    this.#parts = null;
    if (parts === null) return;
    const day = parts.catalog.lastDay();
    try {
      parts.catalog.close();
      await parts.folder.stamp(day);
    } catch (error) {
      this.#ports.log.error("catalog could not be closed", { reason: (error as Error).message });
    }
  }

  /** UTC day number that a clip opened now would carry: today, never below the last day on disk. */
  today(): number {
    return Math.max(Math.floor(this.#ports.clock.nowMs() / MS_PER_DAY), this.#started().catalog.lastDay());
  }

  /**
   * Begins a clip: its head with the wrapped seed is on disk, the seed is gone from memory, and meta 0 and the thumbnail
   * are kept when this settles.
   * @throws {@link VaultError} `vault/no-recipient`, `vault/full`, `vault/write-failed`; nothing is left behind.
   */
  async openClip(opening: ClipOpening): Promise<OpenClip> {
    const { meta, thumbnail = null } = opening;
    try {
      const clip = await this.#beginClip(opening);
      await this.#keepFirst(clip, meta, thumbnail);
      return clip;
    } finally {
      wipe(meta, ...(thumbnail === null ? [] : [thumbnail]));
    }
  }

  async #keepFirst(clip: RecordingClip, meta: Uint8Array, thumbnail: Uint8Array | null): Promise<void> {
    const first = [clip.append(LANES.meta, meta)];
    if (thumbnail !== null) first.push(clip.append(LANES.thumbnail, thumbnail));
    try {
      await Promise.all(first);
    } catch (error) {
      await clip.interrupt().catch(() => {}); // the append already says why
      await this.#started().space.eraseClip(clip.id);
      throw error;
    }
  }

  async #beginClip({ recipients }: ClipOpening): Promise<RecordingClip> {
    const parts = this.#started();
    if (recipients.length === 0) throw new VaultError("vault/no-recipient", "no member has keys on this device");
    await this.enforceRetention();
    await parts.space.fillBallast();
    const day = this.today();
    const clip = await beginClip(parts, recipients, day, async (id) => {
      this.#open.delete(toHex(id));
      await parts.folder.stamp(day);
    });
    this.#open.set(toHex(clip.id), clip);
    this.#ports.log.debug("clip opened", { clip: toHex(clip.id) });
    return clip;
  }

  /** Newest first. */
  list(query: { readonly sinceDay?: number; readonly limit?: number } = {}): ClipRow[] {
    const rows = this.#started().catalog.list(query.sinceDay ?? 0, query.limit ?? DEFAULT_LIST_LIMIT);
    return rows.map((row) => this.#asClipRow(row));
  }

  /** Every clip there is, oldest first. */
  all(): ClipRow[] {
    return this.#started()
      .catalog.all()
      .map((row) => this.#asClipRow(row));
  }

  /** Null when the clip is gone. */
  find(id: Uint8Array): ClipRow | null {
    const row = this.#started().catalog.find(id);
    return row === null ? null : this.#asClipRow(row);
  }

  /** @throws {@link VaultError} `vault/clip-not-found`, `vault/file-damaged`. */
  async head(id: Uint8Array): Promise<ClipHead> {
    const { catalog, folder } = this.#started();
    const row = this.#row(id);
    return withClipFile(row, folder.path(id, "clip"), (file) => readHead(this.#ports.crypto, catalog, row, file));
  }

  /** The ciphertext, compared with its hash. @throws {@link VaultError} `vault/clip-not-found`, `vault/fragment-not-found`, `vault/fragment-damaged`. */
  async readFragment(id: Uint8Array, lane: Lane, index: number): Promise<Uint8Array> {
    const { catalog, folder } = this.#started();
    const row = this.#row(id);
    const place = placeOf(catalog, row, lane, index);
    return withClipFile(row, folder.path(id, "clip"), (file) => readCiphertext(this.#ports.crypto, row, file, place));
  }

  /** Ciphertexts of indexes first to end-1, one at a time. @throws as {@link readFragment}. */
  async *readRange(id: Uint8Array, lane: Lane, first: number, end: number): AsyncGenerator<Uint8Array> {
    const { catalog, folder } = this.#started();
    const row = this.#row(id);
    const places = Array.from({ length: Math.max(0, end - first) }, (_, i) => placeOf(catalog, row, lane, first + i));
    const file = openClip(row, folder.path(id, "clip"));
    try {
      for (const place of places) yield readCiphertext(this.#ports.crypto, row, file, place);
    } finally {
      file.close();
    }
  }

  /** From now on neither retention nor a full card erases the clip. @throws {@link VaultError} `vault/clip-not-found`. */
  async pin(id: Uint8Array): Promise<void> {
    const { catalog, folder } = this.#started();
    const row = this.#row(id);
    await folder.mark(id, row.day);
    catalog.setPinned(row.number, true);
  }

  /** @throws {@link VaultError} `vault/clip-not-found`. */
  async unpin(id: Uint8Array): Promise<void> {
    const { catalog, folder } = this.#started();
    const row = this.#row(id);
    await folder.unmark(id);
    catalog.setPinned(row.number, false);
  }

  /** Erases a closed clip, pinned or not: its wrapped seed is overwritten, then file and rows go. @throws {@link VaultError} `vault/clip-not-found`, `vault/still-open`. */
  async erase(id: Uint8Array): Promise<void> {
    const { space } = this.#started();
    if (this.#open.has(toHex(id))) throw new VaultError("vault/still-open", `clip ${toHex(id)} is being recorded`);
    this.#row(id);
    await space.eraseClip(id);
    this.#ports.log.info("clip erased", { clip: toHex(id), reason: "asked" });
  }

  /**
   * Overwrites the wrapped seed in every clip file: no key that exists or will exist opens them again. For a factory
   * reset; clips stay as they are otherwise. A clip being recorded is closed as cut first.
   */
  async eraseWraps(): Promise<void> {
    const parts = this.#started();
    await Promise.allSettled([...this.#open.values()].map((clip) => clip.interrupt()));
    await eraseAllWraps(parts);
  }

  /** Erases unpinned clips whose days are over and returns how many. Waits for a trustworthy clock. */
  async enforceRetention(): Promise<number> {
    const { space } = this.#started();
    if (!this.#ports.clock.synced()) return 0;
    const oldestKept = this.today() - (this.#config.retentionDays ?? DEFAULT_RETENTION_DAYS);
    let erased = 0;
    while (await space.eraseOldest(oldestKept)) erased += 1;
    return erased;
  }

  usage(): VaultUsage {
    const { catalog, space } = this.#started();
    return { ...catalog.totals(), bytes: space.usedBytes, quotaBytes: this.#config.quotaBytes };
  }

  /** Reads the catalog anew from the files; see {@link check} for finding out whether that is needed. */
  async rebuildCatalog(
    options: Pick<CheckOptions, "onProgress" | "signal"> = {},
  ): Promise<{ clips: number; fragments: number }> {
    const parts = this.#started();
    this.#refuseWhileRecording();
    const { clips, fragments } = await rebuildCatalog(parts, options);
    return { clips, fragments };
  }

  /**
   * Verifies every closed clip's file, row, manifest and signatures; with `repair` mends the catalog from the files and
   * closes clips that were never closed. Also works on a vault that is not started.
   */
  async check(options: CheckOptions = {}): Promise<CheckReport> {
    if (options.repair === true) this.#refuseWhileRecording();
    const parts = this.#parts;
    if (parts === null) return checkStopped(this.#config, this.#ports, options);
    const report = await inspect({ ...parts, isOpen: (id) => this.#open.has(toHex(id)) }, options);
    return options.repair === true && !report.clean ? repair(parts, report, options) : report;
  }

  #refuseWhileRecording(): void {
    if (this.#open.size > 0) throw new VaultError("vault/still-open", "a clip is being recorded");
  }

  #asClipRow({ id, day, state, pinned, bytes, leaves }: CatalogRow): ClipRow {
    const row = { id, day, state, pinned, bytes, leaves };
    const clip = this.#open.get(toHex(id));
    return clip === undefined ? row : { ...row, bytes: clip.keptBytes, leaves: clip.counts() };
  }

  #row(id: Uint8Array): CatalogRow {
    const row = this.#started().catalog.find(id);
    if (row === null) throw new VaultError("vault/clip-not-found", `clip ${toHex(id)} is not in the vault`);
    return row;
  }

  #started(): VaultParts {
    if (this.#parts === null) throw new VaultError("vault/not-started", "the vault is not started");
    return this.#parts;
  }
}

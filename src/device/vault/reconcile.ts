import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { toHex } from "../../protocol/bytes.ts";
import { ClipFile } from "./clip-scan.ts";
import type { FolderEntry } from "./folder.ts";
import { type IndexedFile, indexClip } from "./index-clip.ts";
import type { VaultParts } from "./parts.ts";
import { recoverClip } from "./recover.ts";
import type { CheckProgress } from "./types.ts";

/** Fragment rows per transaction while many clips are indexed. */
const BATCH_ROWS = 10_000;

export interface IndexResult {
  readonly clips: number;
  readonly fragments: number;
  /** Clips without a manifest, oldest first. */
  readonly unclosed: readonly Uint8Array[];
  readonly damaged: readonly { readonly id: Uint8Array; readonly reason: string }[];
}

/**
 * Makes the catalog agree with the files, which are the truth: ends open clips, finishes erasures, indexes what the
 * catalog does not know, and drops rows whose file is gone. Never deletes or changes a file it cannot read.
 */
export async function reconcile(parts: VaultParts, signal?: AbortSignal): Promise<void> {
  const { folder, catalog, ports } = parts;
  const entries = await folder.entries();
  await finishLeftovers(parts, entries);
  const clips = new Map(idsOf(entries, "clip").map((id) => [toHex(id), id]));
  const pinned = new Set(idsOf(entries, "pin").map(toHex));
  for (const row of catalog.all()) {
    signal?.throwIfAborted();
    const hex = toHex(row.id);
    if (!clips.delete(hex)) {
      ports.log.warn("clip file is gone", { clip: hex });
      catalog.remove(row.number);
      parts.space.add(-row.bytes);
      continue;
    }
    if (row.pinned !== pinned.has(hex)) catalog.setPinned(row.number, pinned.has(hex));
    if (row.state === "open") await recoverOrName(parts, row.id);
    else compareSize(parts, row.id);
  }
  const { unclosed } = await indexFiles(parts, [...clips.values()], { signal });
  for (const id of unclosed) await recoverOrName(parts, id);
}

/** Adds clips to the catalog from their files alone, in the order they were opened as far as the card still tells. */
export async function indexFiles(
  parts: VaultParts,
  ids: readonly Uint8Array[],
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: CheckProgress) => void) | undefined;
  } = {},
): Promise<IndexResult> {
  const { folder, catalog, ports, space } = parts;
  const pinned = await folder.pinnedIds();
  const unclosed: Uint8Array[] = [];
  const damaged: { id: Uint8Array; reason: string }[] = [];
  let fragments = 0;
  let clips = 0;
  let done = 0;
  let batch: { id: Uint8Array; file: IndexedFile & { state: "sealed" } }[] = [];
  let batchRows = 0;
  const commit = (): void => {
    catalog.transaction(() => {
      for (const { id, file } of batch) catalog.addClip({ ...file, id }, pinned.has(toHex(id)), file.places);
    });
    for (const { file } of batch) space.add(file.bytes);
    fragments += batchRows;
    clips += batch.length;
    batch = [];
    batchRows = 0;
    options.onProgress?.({ clipsDone: done, clips: ids.length, fragments });
  };
  for (const id of inOrderOfOpening(parts, ids)) {
    const file = indexClip(ports.crypto, id, folder.path(id, "clip"));
    done += 1;
    if (file.state === "unclosed") unclosed.push(id);
    else if (file.state === "damaged") {
      damaged.push({ id, reason: file.reason });
      ports.log.error("damaged clip file left as it is", { clip: toHex(id), reason: file.reason });
    } else {
      batch.push({ id, file });
      batchRows += file.places.length;
    }
    if (batchRows < BATCH_ROWS) continue;
    commit();
    await setImmediate();
    options.signal?.throwIfAborted();
  }
  commit();
  return { clips, fragments, unclosed, damaged };
}

/** By day, then by the file's birth; files that cannot be read come last. */
function inOrderOfOpening({ folder, ports }: VaultParts, ids: readonly Uint8Array[]): Uint8Array[] {
  const keyed = ids.map((id) => {
    const path = folder.path(id, "clip");
    return { id, day: dayOf(path, ports.crypto), bornMs: statSync(path).birthtimeMs };
  });
  return keyed.toSorted((a, b) => a.day - b.day || a.bornMs - b.bornMs).map(({ id }) => id);
}

function dayOf(path: string, crypto: VaultParts["ports"]["crypto"]): number {
  const file = new ClipFile(path);
  try {
    return file.head(crypto).day;
  } catch {
    return Number.MAX_SAFE_INTEGER;
  } finally {
    file.close();
  }
}

async function finishLeftovers(
  { folder, catalog, ports, space }: VaultParts,
  entries: readonly FolderEntry[],
): Promise<void> {
  const clips = new Set(idsOf(entries, "clip").map(toHex));
  for (const { name, role, id } of entries) {
    if (role === null || id === null) ports.log.warn("foreign file left alone", { file: name });
    else if (role === "erasing") {
      await folder.finishErasing(id);
      const row = catalog.find(id);
      if (row === null) continue;
      catalog.remove(row.number);
      space.add(-row.bytes);
    } else if (role === "clip.tmp" || role === "pin.tmp" || (role === "pin" && !clips.has(toHex(id)))) {
      await rm(join(folder.clips, name), { force: true });
    }
  }
}

async function recoverOrName(parts: VaultParts, id: Uint8Array): Promise<void> {
  const row = parts.catalog.find(id);
  const recovery = await recoverClip(parts, id, row);
  if (recovery.outcome !== "damaged") return;
  parts.ports.log.error("damaged clip file left as it is", { clip: toHex(id), reason: recovery.reason });
  if (row !== null) parts.catalog.settle(row.number, "damaged", row.bytes, row.leaves);
}

/** A closed clip never changes: another length is damage, and the right one again is a file that was restored. */
function compareSize({ folder, catalog, ports, space }: VaultParts, id: Uint8Array): void {
  const row = catalog.find(id);
  const path = folder.path(id, "clip");
  if (row === null) return;
  const { size } = statSync(path);
  if (row.state === "sealed" && size === row.bytes) return;
  const file = indexClip(ports.crypto, id, path);
  if (file.state === "sealed") {
    catalog.settle(row.number, "sealed", file.bytes, file.leaves, file.places);
    space.add(file.bytes - row.bytes);
  } else if (row.state === "sealed") {
    const reason = file.state === "damaged" ? file.reason : "the end of the file is missing";
    ports.log.error("damaged clip file left as it is", { clip: toHex(id), reason });
    catalog.settle(row.number, "damaged", row.bytes, row.leaves);
  }
}

export const idsOf = (entries: readonly FolderEntry[], role: FolderEntry["role"]): Uint8Array[] =>
  entries.flatMap((entry) => (entry.role === role && entry.id !== null ? [entry.id] : []));

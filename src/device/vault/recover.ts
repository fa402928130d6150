import { truncate } from "node:fs/promises";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { readStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { LEAF_BYTES } from "../../protocol/fragment.ts";
import { type Manifest, manifestStatement } from "../../protocol/statements/manifest.ts";
import type { CatalogRow, FragmentPlace } from "./catalog.ts";
import { ClipFile, type ClipScan, scanClip } from "./clip-scan.ts";
import { closingRecords, signClosing } from "./closing.ts";
import { stampDay } from "./folder.ts";
import { LeafSet } from "./leaf-set.ts";
import { openClipFile, type VaultParts } from "./parts.ts";

export type Recovery =
  /** `lost`: acknowledged fragments that the file no longer holds; a copy of the file was kept aside. */
  | { readonly outcome: "sealed"; readonly fragments: number; readonly lost: number }
  /** Nothing had been recorded; the file is gone. */
  | { readonly outcome: "empty" }
  | { readonly outcome: "damaged"; readonly reason: string };

/**
 * Ends a clip that was open when the power or the process went: cuts the torn tail off, ends each lane before its first
 * gap, and signs what is left as `cut`.
 * @param row - Its catalog row; null when the catalog does not know the clip, so that nobody knows what was acknowledged.
 */
export async function recoverClip(parts: VaultParts, id: Uint8Array, row: CatalogRow | null): Promise<Recovery> {
  const { ports, folder, catalog } = parts;
  let scan: ClipScan;
  const file = new ClipFile(folder.path(id, "clip"));
  try {
    scan = await scanClip(ports.crypto, file);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { outcome: "damaged", reason: error.message };
  } finally {
    file.close();
  }
  if (!equalBytes(scan.head.clip, id)) return { outcome: "damaged", reason: "the file bears another clip's name" };
  const acknowledged = row === null ? [] : catalog.places(row.number);
  const wasEmpty = row === null ? scan.fileBytes === scan.head.length : acknowledged.length === 0;
  const leaves = new LeafSet();
  const places: FragmentPlace[] = [];
  for (const record of scan.records) {
    if (record.intact && leaves.add(record.leaf)) places.push(record);
  }
  if (wasEmpty && leaves.size === 0) {
    await folder.beginErasing(id);
    await folder.finishErasing(id);
    if (row !== null) {
      catalog.remove(row.number);
      parts.space.add(-row.bytes);
    }
    return { outcome: "empty" };
  }
  const lost = acknowledged.filter((place) => !places.some((kept) => kept.offset === place.offset)).length;
  const end = endOf(scan);
  const tornBytes = scan.manifest === null ? scan.fileBytes - end : 0;
  if (lost > 0 || (row === null && tornBytes > 0)) {
    const copy = await folder.keepAside(id);
    ports.log.error("damaged clip copied aside", { clip: toHex(id), copy, lostFragments: lost });
  }
  const bytes = await seal(parts, id, scan, leaves, end);
  const sealed = { id, day: scan.head.day, bytes, state: "sealed", leaves: leaves.counts() } as const;
  if (row === null) {
    const pinned = (await folder.pinnedIds()).has(toHex(id));
    catalog.transaction(() => catalog.addClip(sealed, pinned, places));
  } else catalog.settle(row.number, "sealed", bytes, sealed.leaves, places);
  parts.space.add(bytes - (row?.bytes ?? 0));
  ports.log.warn("clip ended by recovery", { clip: toHex(id), fragments: leaves.size, tornBytes, lostFragments: lost });
  return { outcome: "sealed", fragments: leaves.size, lost };
}

/** End of the last fragment that is whole: there the file is cut off and closed. */
function endOf(scan: ClipScan): number {
  const last = scan.records.findLast((record) => record.intact);
  return last === undefined ? scan.head.length : last.offset + LEAF_BYTES + last.length;
}

async function seal(parts: VaultParts, id: Uint8Array, scan: ClipScan, leaves: LeafSet, end: number): Promise<number> {
  const { ports, folder, space } = parts;
  const path = folder.path(id, "clip");
  const closing = await signClosing(ports.crypto, ports.deviceSigningSeed, id, leaves, stateOf(parts, scan, leaves));
  const records = closingRecords(ports.crypto, closing);
  if (scan.fileBytes > end) await truncate(path, end);
  const file = await openClipFile(parts, id, scan.head.day);
  try {
    await space.withLastRoom(() => file.append(records));
  } finally {
    await file.close();
    await stampDay(path, scan.head.day);
  }
  return end + records.length;
}

/**
 * A clip whose manifest was written, but not all of its closing, is closed as that says: signing again gives the same
 * bytes. Of any other nobody knows whether the clock was right, so it claims the less.
 */
function stateOf({ ports }: VaultParts, scan: ClipScan, leaves: LeafSet): Pick<Manifest, "closed" | "clock"> {
  const cut = { closed: "cut", clock: "unsynced" } as const;
  if (scan.manifest === null) return cut;
  try {
    const { payload } = readStatement(ports.crypto, manifestStatement, scan.manifest);
    return equalBytes(payload.root, leaves.root(ports.crypto)) ? payload : cut;
  } catch {
    return cut;
  }
}

import { existsSync } from "node:fs";
import { toHex } from "../../protocol/bytes.ts";
import { LEAF_BYTES } from "../../protocol/fragment.ts";
import type { Catalog, CatalogRow } from "./catalog.ts";
import type { VaultFolder } from "./folder.ts";
import { idsOf } from "./reconcile.ts";
import type { CheckOptions, CheckReport, Finding, VaultPorts } from "./types.ts";
import { type VerifiedClip, verifyClip } from "./verify-clip.ts";

export interface CheckedVault {
  readonly ports: VaultPorts;
  readonly folder: VaultFolder;
  /** Null when there is none that can be read. */
  readonly catalog: Catalog | null;
  /** A clip being recorded is not judged. */
  readonly isOpen: (id: Uint8Array) => boolean;
}

/** Compares files, rows, manifests and signatures; changes nothing. */
export async function inspect(vault: CheckedVault, options: CheckOptions): Promise<CheckReport> {
  const { ports, folder, catalog } = vault;
  const entries = await folder.entries();
  const findings: Finding[] = entries
    .filter(({ role }) => role === null)
    .map(({ name }) =>
      finding("check/file-foreign", null, name, `${name} is not a file of the vault; it is left alone`),
    );
  const ids = idsOf(entries, "clip").filter((id) => !vault.isOpen(id));
  let fragments = 0;
  let bytes = 0;
  for (const [done, id] of ids.entries()) {
    options.signal?.throwIfAborted();
    const path = folder.path(id, "clip");
    if (!existsSync(path)) continue; // erased since the folder was read
    const clip = await verifyClip(ports.crypto, ports.deviceSigningSeed, id, path, options.signal);
    for (const { code, text } of clip.faults) findings.push(finding(code, id, path, text));
    if (catalog !== null) findings.push(...compareRow(catalog, id, path, clip));
    fragments += clip.fragments;
    bytes += clip.bytes;
    options.onProgress?.({ clipsDone: done + 1, clips: ids.length, fragments });
  }
  findings.push(...rowsWithoutFile(vault, ids));
  return { clean: findings.length === 0, findings, clips: ids.length, fragments, bytes };
}

function compareRow(catalog: Catalog, id: Uint8Array, path: string, clip: VerifiedClip): Finding[] {
  const row = catalog.find(id);
  if (row === null) return [finding("check/row-missing", id, path, "the catalog does not list it")];
  const findings: Finding[] = [];
  const missing = acknowledgedButMissing(catalog, row, clip);
  if (missing > 0) {
    findings.push(
      finding("check/fragment-missing", id, path, `${missing} fragments that were acknowledged are not in the file`),
    );
  }
  if (clip.content === null) return findings; // the file itself is the trouble, and is named
  if (row.state !== "sealed" || !rowMatches(catalog, row, clip, clip.content)) {
    findings.push(finding("check/row-differs", id, path, "the catalog does not say what the file holds"));
  }
  return findings;
}

function acknowledgedButMissing(catalog: Catalog, row: CatalogRow, clip: VerifiedClip): number {
  return catalog.places(row.number).filter(({ offset, length }) => offset + LEAF_BYTES + length > clip.bytes).length;
}

function rowMatches(
  catalog: Catalog,
  row: CatalogRow,
  clip: VerifiedClip,
  content: NonNullable<VerifiedClip["content"]>,
): boolean {
  const { leaves } = content;
  const sameCounts =
    row.leaves.video === leaves.video &&
    row.leaves.audio === leaves.audio &&
    row.leaves.thumbnail === leaves.thumbnail &&
    row.leaves.meta === leaves.meta;
  const places = catalog.places(row.number);
  return (
    sameCounts &&
    row.day === content.day &&
    row.bytes === clip.bytes &&
    places.length === content.records.length &&
    content.records.every((record, i) => {
      const place = places[i];
      return (
        place?.lane === record.lane &&
        place.index === record.index &&
        place.offset === record.offset &&
        place.length === record.length
      );
    })
  );
}

function rowsWithoutFile({ catalog, folder, isOpen }: CheckedVault, ids: readonly Uint8Array[]): Finding[] {
  const onDisk = new Set(ids.map(toHex));
  const rows = catalog?.all() ?? [];
  return rows
    .filter((row) => !onDisk.has(toHex(row.id)) && !isOpen(row.id) && !existsSync(folder.path(row.id, "clip")))
    .map((row) => finding("check/row-without-file", row.id, folder.path(row.id, "clip"), "its file is gone"));
}

function finding(code: Finding["code"], id: Uint8Array | null, file: string, text: string): Finding {
  return { code, ...(id === null ? {} : { clip: toHex(id) }), file, text, repaired: false };
}

import { fromHex } from "../../protocol/bytes.ts";
import type { VaultParts } from "./parts.ts";
import { type IndexResult, idsOf, indexFiles, reconcile } from "./reconcile.ts";
import { recoverClip } from "./recover.ts";
import type { CheckOptions, CheckReport, Finding, FindingCode } from "./types.ts";

const inCatalog = new Set<FindingCode>([
  "check/catalog-damaged",
  "check/row-missing",
  "check/row-without-file",
  "check/row-differs",
]);

/** Forgets every row and reads them again from the files. A crash halfway leaves rows missing, which the next start adds. */
export async function rebuildCatalog(
  parts: VaultParts,
  options: Pick<CheckOptions, "onProgress" | "signal"> = {},
): Promise<IndexResult> {
  const ids = idsOf(await parts.folder.entries(), "clip");
  parts.catalog.clear();
  parts.space.add(-parts.space.usedBytes);
  const result = await indexFiles(parts, ids, options);
  parts.catalog.checkpoint();
  return result;
}

/** Mends what can be mended without deleting anything: the catalog from the files, and clips that were never closed. */
export async function repair(parts: VaultParts, report: CheckReport, options: CheckOptions): Promise<CheckReport> {
  const unclosed = new Set(
    report.findings.flatMap(({ code, clip }) => (code === "check/not-closed" && clip !== undefined ? [clip] : [])),
  );
  for (const clip of unclosed) {
    const id = fromHex(clip);
    await recoverClip(parts, id, parts.catalog.find(id));
  }
  if (report.findings.some(({ code }) => inCatalog.has(code))) {
    await rebuildCatalog(parts, options);
    await reconcile(parts, options.signal);
  }
  const isMended = ({ code, clip = "" }: Finding): boolean =>
    inCatalog.has(code) || (unclosed.has(clip) && (code === "check/not-closed" || code === "check/tail-torn"));
  const findings = report.findings.map((finding) => ({ ...finding, repaired: isMended(finding) }));
  return { ...report, findings, clean: findings.every(({ repaired }) => repaired) };
}

import { existsSync } from "node:fs";
import { inspect } from "./check.ts";
import { VaultFolder } from "./folder.ts";
import { openCatalogAsItIs, openParts } from "./open-parts.ts";
import { repair } from "./repair.ts";
import type { CheckOptions, CheckReport, VaultConfig, VaultPorts } from "./types.ts";

/** Checks a vault that nobody has started; without `repair` not even a damaged or missing catalog is touched. */
export async function checkStopped(
  config: VaultConfig,
  ports: VaultPorts,
  options: CheckOptions,
): Promise<CheckReport> {
  const report = await inspectAsItIs(config, ports, options);
  if (options.repair !== true || report.clean) return report;
  const parts = await openParts(config, ports);
  try {
    return await repair(parts, report, options);
  } finally {
    parts.catalog.close();
  }
}

async function inspectAsItIs(config: VaultConfig, ports: VaultPorts, options: CheckOptions): Promise<CheckReport> {
  const folder = new VaultFolder(config.dir);
  const catalog = openCatalogAsItIs(folder);
  try {
    const report = await inspect({ ports, folder, catalog, isOpen: () => false }, options);
    if (catalog !== null || (report.clips === 0 && !existsSync(folder.catalog))) return report;
    const text = `${folder.catalog} is missing or damaged; \`doorward check --repair\` builds it from the clip files`;
    const finding = { code: "check/catalog-damaged", file: folder.catalog, text, repaired: false } as const;
    return { ...report, clean: false, findings: [finding, ...report.findings] };
  } finally {
    catalog?.close();
  }
}

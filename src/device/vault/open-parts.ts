import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { Catalog } from "./catalog.ts";
import { openCatalogFile } from "./catalog-file.ts";
import { VaultError } from "./errors.ts";
import { VaultFolder } from "./folder.ts";
import type { VaultParts } from "./parts.ts";
import { Space } from "./space.ts";
import type { VaultConfig, VaultPorts } from "./types.ts";

/**
 * Opens folder and catalog for this process alone. A damaged catalog is kept beside a new and empty one, which the files
 * then fill; one that a newer Doorward wrote, or another process has open, is an error and stays untouched.
 */
export async function openParts(config: VaultConfig, ports: VaultPorts): Promise<VaultParts> {
  const folder = new VaultFolder(config.dir);
  await folder.make();
  const catalog = new Catalog(await openOrReplace(folder, ports));
  return { ports, folder, catalog, space: new Space(config.quotaBytes, folder, catalog, ports.log) };
}

async function openOrReplace(folder: VaultFolder, ports: VaultPorts): Promise<Database.Database> {
  try {
    return openCatalogFile(folder.catalog);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    const kept = await folder.putCatalogAside();
    ports.log.error("damaged catalog kept aside, a new one is built from the clip files", {
      kept,
      reason: error.message,
    });
    return openCatalogFile(folder.catalog);
  }
}

/** The catalog as it is, for looking at it: null when there is none, or none that can be read. */
export function openCatalogAsItIs(folder: VaultFolder): Catalog | null {
  if (!existsSync(folder.catalog)) return null;
  try {
    return new Catalog(openCatalogFile(folder.catalog));
  } catch (error) {
    if (isDamaged(error)) return null;
    throw error;
  }
}

const isDamaged = (error: unknown): error is VaultError =>
  error instanceof VaultError && error.code === "vault/catalog-damaged";

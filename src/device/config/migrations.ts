import { ConfigError } from "./errors.ts";
import { CONFIG_VERSION } from "./sections.ts";

type Document = Readonly<Record<string, unknown>>;

export interface Migration {
  /** The version this step starts from; it leads to the next one. */
  readonly from: number;
  readonly change: (document: Document) => Document;
}

/** One step per version that has ever been released, oldest first. Version 1 is the first. */
export const migrations: readonly Migration[] = [];

/**
 * Brings a document to the current version. A file without `version` is current, so nobody has to write one.
 * @returns The version it came from, or null when nothing changed.
 * @throws ConfigError `config/newer`.
 */
export function migrated(
  document: Document,
  steps: readonly Migration[],
  current = CONFIG_VERSION,
): { readonly document: Document; readonly from: number | null } {
  const from = document.version ?? current;
  if (typeof from !== "number" || from === current) return { document, from: null };
  if (from > current) {
    throw new ConfigError(
      "config/newer",
      `the configuration is of version ${from}, this Doorward knows up to ${current}`,
    );
  }
  let changed = document;
  for (const { from: version, change } of steps)
    if (version >= from) changed = { ...change(changed), version: version + 1 };
  return { document: changed, from };
}

import type { AppendFile } from "../platform/durable-file.ts";
import { openAppend } from "../platform/durable-file.ts";
import type { Catalog } from "./catalog.ts";
import type { VaultFolder } from "./folder.ts";
import type { Space } from "./space.ts";
import type { VaultPorts } from "./types.ts";

/** What a started vault works with. */
export interface VaultParts {
  readonly ports: VaultPorts;
  readonly folder: VaultFolder;
  readonly catalog: Catalog;
  readonly space: Space;
}

export function openClipFile({ ports, folder }: VaultParts, id: Uint8Array, day: number): Promise<AppendFile> {
  return (ports.openAppend ?? openAppend)(folder.path(id, "clip"), { day });
}

import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleConfig } from "../../src/device/config/reference.ts";

const FILES = ["device.key", "ledger.db", "ledger.db-wal", "pending.bin", "vault/catalog.db", "vault/catalog.db-wal"];

/** What a device directory held at one moment, apart from it. */
export interface FrozenCopy {
  readonly dir: string;
  readonly configFile: string;
  discard(): void;
}

/**
 * Copies what a frozen or ended daemon has on disk. The catalog is open to the daemon alone while it runs, so that only a
 * copy can be looked into. A log file's valid part ends with the last commit that reached the kernel.
 * @param settled - Clips (hex) whose files no longer change; they are linked instead of copied.
 */
export function copyDevice(device: string, to: string, settled: ReadonlySet<string> = new Set()): FrozenCopy {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(join(to, "vault/clips"), { recursive: true });
  for (const file of FILES) copyIfThere(join(device, file), join(to, file));
  for (const name of namesIn(join(device, "vault/clips"))) {
    const [from, target] = [join(device, "vault/clips", name), join(to, "vault/clips", name)];
    const [id = "", role = ""] = name.split(".");
    if (role === "clip" && settled.has(id)) linkSync(from, target);
    else copyIfThere(from, target);
  }
  const configFile = join(to, "doorward.toml");
  writeFileSync(configFile, exampleConfig({ "device.data_dir": to, "device.clock": "trusted" }));
  return { dir: to, configFile, discard: () => rmSync(to, { recursive: true, force: true }) };
}

function copyIfThere(from: string, to: string): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // before the daemon's first start
  }
}

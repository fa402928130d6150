import { rename, rm } from "node:fs/promises";
import { decodeJson, encodeJson } from "../protocol/canonical-json.ts";
import { type OwnerSettings, ownerSettings } from "../protocol/link-ops.ts";
import type { DoorwardConfig } from "./config/config.ts";
import { readFileIfThere, writeFileDurably } from "./platform/durable-file.ts";

/** Settings that an owner changed from the app; they count before the configuration file, which stays as it was written. */
export class OwnerSettingsFile {
  readonly #path: string;
  #stored: OwnerSettings | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** A damaged file is set aside: the configuration file counts again then. */
  async load(): Promise<"ok" | "damaged"> {
    const content = await readFileIfThere(this.#path);
    if (content === undefined) return "ok";
    try {
      this.#stored = ownerSettings.read(decodeJson(content));
      return "ok";
    } catch {
      await rename(this.#path, `${this.#path}.damaged`);
      return "damaged";
    }
  }

  async set(next: OwnerSettings): Promise<void> {
    await writeFileDurably(this.#path, encodeJson(ownerSettings.write(next)));
    this.#stored = next;
  }

  /** A factory reset: the next household begins with the file. */
  async clear(): Promise<void> {
    await rm(this.#path, { force: true });
    this.#stored = null;
  }

  /** What holds: the file, and above it what an owner said. */
  over(config: DoorwardConfig): DoorwardConfig {
    if (this.#stored === null) return config;
    const { name, retentionDays, undoMs, quiet } = this.#stored;
    const { sensor, storage } = config;
    return {
      ...config,
      name,
      storage: { ...storage, retentionDays },
      sharing: { undoWindowMs: undoMs },
      sensor: { ...sensor, chime: { ...sensor.chime, quiet } },
    };
  }
}

export function settingsOf({ name, storage, sharing, sensor }: DoorwardConfig): OwnerSettings {
  return { name, retentionDays: storage.retentionDays, undoMs: sharing.undoWindowMs, quiet: sensor.chime.quiet };
}

/** Names of what differs, as the configuration file calls them: the audit log says which, never to what. */
export function changedSettings(before: OwnerSettings, after: OwnerSettings): string[] {
  const names = {
    name: "device.name",
    retentionDays: "storage.keep",
    undoMs: "sharing.undo_window",
    quiet: "chime.quiet",
  };
  return Object.entries(names)
    .filter(([key]) => {
      const [a, b] = [before, after].map((settings) => JSON.stringify(settings[key as keyof OwnerSettings]));
      return a !== b;
    })
    .map(([, setting]) => setting);
}

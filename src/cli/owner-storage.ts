import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfThere } from "../device/platform/durable-file.ts";
import type { OwnerStorage } from "../owner/owner-ports.ts";
import type { OwnerState } from "../owner/owner-state.ts";
import { claimPrivateFile, namesIn } from "./private-dir.ts";

const NAME = /^state-(\d{12})\.json$/;

const fileOf = (dir: string, revision: number): string => join(dir, `state-${String(revision).padStart(12, "0")}.json`);

/**
 * An owner's state as one file per revision, of which the highest counts. A new revision is made by claiming its name,
 * which the file system grants once: two commands at a time cannot overwrite each other, and nobody holds a lock that
 * a killed command would leave behind.
 */
export class OwnerFileStorage implements OwnerStorage {
  readonly #dir: string;
  constructor(dir: string) {
    this.#dir = dir;
  }

  async load(): Promise<OwnerState | null> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const newest = (await this.#revisions()).at(-1);
      if (newest === undefined) return null;
      const bytes = await readFileIfThere(fileOf(this.#dir, newest));
      if (bytes !== undefined) return JSON.parse(new TextDecoder().decode(bytes)) as OwnerState;
    } // another command saved, and removed what we had listed
    throw new Error(`${this.#dir} changes too fast to be read`);
  }

  async compareAndSave(next: OwnerState, expectedRevision: number): Promise<boolean> {
    if (((await this.#revisions()).at(-1) ?? 0) !== expectedRevision) return false;
    const path = fileOf(this.#dir, next.revision);
    if (!(await claimPrivateFile(path, JSON.stringify(next)))) return false;
    const revisions = await this.#revisions();
    if (revisions.at(-1) !== next.revision) {
      await rm(path, { force: true }); // others had gone on, and removed the name that we then took
      return false;
    }
    await Promise.all(revisions.slice(0, -1).map((old) => rm(fileOf(this.#dir, old), { force: true })));
    return true;
  }

  async #revisions(): Promise<number[]> {
    return (await namesIn(this.#dir)).flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []);
  }
}

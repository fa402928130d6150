import type { Ground } from "../ground/ground.ts";
import type { ClipEntry } from "./clip-entry.ts";

const dayRecord = (day: number): string => `clips-of-day-${day}`;
const stillRecord = (id: string): string => `still-${id}`;

/** The index of clips and their stills on this phone, sealed. Losing it costs only time. */
export class ClipCache {
  readonly #ground: Pick<Ground, "database" | "box" | "store">;

  constructor(ground: Pick<Ground, "database" | "box" | "store">) {
    this.#ground = ground;
  }

  /** Everything that is kept; what belongs to days whose keys are forgotten is deleted first. */
  async load(): Promise<ClipEntry[]> {
    const { database, box, store } = this.#ground;
    const { days: chain, pinnedSeeds } = await store.read();
    const days = await database.getAllKeys("days");
    const opened = await Promise.all(
      days.map(async (day) => {
        const sealed = await database.get("days", day);
        return sealed === undefined ? [] : box.openJson<ClipEntry[]>(dayRecord(day), sealed).catch(() => []);
      }),
    );
    const entries = opened.flat();
    const gone = entries.filter(({ id, day }) => day < chain.firstDay && pinnedSeeds[id] === undefined);
    if (gone.length === 0) return entries;
    const goneIds = new Set(gone.map(({ id }) => id));
    const kept = entries.filter(({ id }) => !goneIds.has(id));
    for (const day of new Set(gone.map((entry) => entry.day))) {
      await this.saveDay(
        day,
        kept.filter((entry) => entry.day === day),
      );
    }
    for (const id of goneIds) await this.dropStill(id);
    return kept;
  }

  async saveDay(day: number, entries: readonly ClipEntry[]): Promise<void> {
    const { database, box } = this.#ground;
    if (entries.length === 0) return database.delete("days", day);
    const sealed = await box.sealJson(dayRecord(day), entries);
    await database.put("days", sealed, day);
  }

  async saveStill({ id, day }: Pick<ClipEntry, "id" | "day">, picture: Uint8Array): Promise<void> {
    const { database, box } = this.#ground;
    await database.put("stills", { day, sealed: await box.seal(stillRecord(id), picture) }, id);
  }

  async still(id: string): Promise<Uint8Array | null> {
    const { database, box } = this.#ground;
    const stored = await database.get("stills", id);
    return stored === undefined ? null : box.open(stillRecord(id), stored.sealed).catch(() => null);
  }

  dropStill(id: string): Promise<void> {
    return this.#ground.database.delete("stills", id);
  }
}

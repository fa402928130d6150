import { type Signal, signal } from "@preact/signals";
import type { Ground } from "../ground/ground.ts";

const RECORD = "member-names";

/** What this phone calls the members of the household; it stays here, sealed. */
export class Names {
  readonly of: Signal<Readonly<Record<string, string>>> = signal({});
  readonly #ground: Pick<Ground, "database" | "box">;

  constructor(ground: Pick<Ground, "database" | "box">) {
    this.#ground = ground;
  }

  async load(): Promise<void> {
    const { database, box } = this.#ground;
    const sealed = await database.get("records", RECORD);
    if (sealed !== undefined)
      this.of.value = await box.openJson<Record<string, string>>(RECORD, sealed).catch(() => ({}));
  }

  /** @param member - Hex; an empty name takes it away. */
  async set(member: string, name: string): Promise<void> {
    const { database, box } = this.#ground;
    const { [member]: _, ...others } = this.of.value;
    const next = name.trim() === "" ? others : { ...others, [member]: name.trim() };
    await database.put("records", await box.sealJson(RECORD, next), RECORD);
    this.of.value = next;
  }
}

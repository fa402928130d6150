import { type Signal, signal } from "@preact/signals";
import { equalBytes, fromBase64url, toBase64url } from "../../protocol/bytes.ts";
import type { Ground } from "../ground/ground.ts";
import type { Household } from "./home.ts";
import type { Recovery } from "./recovery.ts";

const RECORD = "claimant";

/** Which phone used the recovery words, as far as this one saw: whoever missed the 72 hours is told of their end. */
export class Claimant {
  /** That phone is an owner now. */
  readonly recovered: Signal<boolean> = signal(false);
  readonly #ground: Pick<Ground, "database" | "box">;
  #seen: Uint8Array | null = null;

  constructor(ground: Pick<Ground, "database" | "box">) {
    this.#ground = ground;
  }

  async load(): Promise<void> {
    const { database, box } = this.#ground;
    const sealed = await database.get("records", RECORD);
    if (sealed === undefined) return;
    this.#seen = await box.openJson<string>(RECORD, sealed).then(fromBase64url, () => null);
  }

  /** @param own - This phone's key: it knows of its own claim. */
  async look({ claim }: Recovery, { members }: Household, own: Uint8Array): Promise<void> {
    const member = claim?.member ?? null;
    if (member !== null) {
      if (this.#seen === null || !equalBytes(this.#seen, member)) await this.#keep(member);
      return;
    }
    const seen = this.#seen;
    if (seen === null) return;
    const isOwner = members.some(({ key, role }) => role === "owner" && equalBytes(key, seen));
    if (isOwner && !equalBytes(seen, own)) this.recovered.value = true;
    else await this.#keep(null);
  }

  /** Somebody has read it: what has gone from the screen does not come back with the next page. */
  async dismiss(): Promise<void> {
    try {
      await this.#keep(null);
    } finally {
      this.recovered.value = false;
    }
  }

  async #keep(member: Uint8Array | null): Promise<void> {
    const { database, box } = this.#ground;
    this.#seen = member;
    if (member === null) await database.delete("records", RECORD);
    else await database.put("records", await box.sealJson(RECORD, toBase64url(member)), RECORD);
  }
}

import type { Shelf } from "../../owner/shelf.ts";
import { isFull } from "../model/failure.ts";
import type { Ground } from "./ground.ts";

const recordOf = (name: string): string => `shelf-${name}`;

/** What can be fetched again, sealed beside the rest. A record that does not open, or finds no room, counts as none. */
export function browserShelf({ database, box }: Pick<Ground, "database" | "box">): Shelf {
  return {
    async load(name) {
      const sealed = await database.get("records", recordOf(name));
      return sealed === undefined ? null : box.open(recordOf(name), sealed).catch(() => null);
    },
    async save(name, bytes) {
      const sealed = await box.seal(recordOf(name), bytes);
      await database.put("records", sealed, recordOf(name)).catch(unlessFull);
    },
    async remove(name) {
      await database.delete("records", recordOf(name));
    },
  };
}

function unlessFull(error: unknown): void {
  if (!isFull(error)) throw error;
}

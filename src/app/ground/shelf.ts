import type { Shelf } from "../../owner/shelf.ts";
import type { Ground } from "./ground.ts";

const recordOf = (name: string): string => `shelf-${name}`;

/** What can be fetched again, sealed beside the rest. A record that does not open counts as none. */
export function browserShelf({ database, box }: Pick<Ground, "database" | "box">): Shelf {
  return {
    async load(name) {
      const sealed = await database.get("records", recordOf(name));
      return sealed === undefined ? null : box.open(recordOf(name), sealed).catch(() => null);
    },
    async save(name, bytes) {
      await database.put("records", await box.seal(recordOf(name), bytes), recordOf(name));
    },
    async remove(name) {
      await database.delete("records", recordOf(name));
    },
  };
}

import { writeFile } from "node:fs/promises";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { createCard } from "../../src/recipient/card.ts";

/** A card whose mailbox nobody runs. */
export async function makeCard(file: string, url = "mqtt://127.0.0.1:9"): Promise<void> {
  const { card } = await createCard(nodeCrypto, { name: "The neighbour", url, ca: null });
  await writeFile(file, card);
}

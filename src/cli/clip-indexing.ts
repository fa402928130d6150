import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { type IndexedClip, readClipIndex } from "../owner/clip-index.ts";
import type { DoorbellSession } from "./doorbell-session.ts";
import type { Terminal } from "./terminal.ts";

/** When each clip was filmed. */
export async function indexClips(terminal: Terminal, session: DoorbellSession): Promise<IndexedClip[]> {
  const { doorbell, deviceKey, store, shelf } = session;
  const progress = terminal.progress("Reading times");
  try {
    return await readClipIndex({
      crypto: nodeCrypto,
      doorbell,
      deviceKey,
      shelf,
      state: await store.read(),
      onProgress: (done, total) => progress.update(done, total),
    });
  } finally {
    progress.end();
  }
}

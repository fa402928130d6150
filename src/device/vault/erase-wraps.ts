import { open } from "node:fs/promises";
import { basename } from "node:path";
import { type ClipHead, encodeClipHead } from "../../protocol/clip-file.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { WRAP_BYTES } from "../../protocol/wrap.ts";
import { ClipFile } from "./clip-scan.ts";
import { stampDay } from "./folder.ts";
import type { VaultParts } from "./parts.ts";
import { idsOf } from "./reconcile.ts";

/**
 * Overwrites the wrapped seeds of every clip in place, in copies kept aside too. Signatures and fragments stay valid; no
 * key opens them. A file whose head cannot be read is left as it is and named.
 */
export async function eraseAllWraps({ folder, ports }: VaultParts): Promise<void> {
  const clips = idsOf(await folder.entries(), "clip").map((id) => folder.path(id, "clip"));
  for (const path of [...clips, ...(await folder.asidePaths())]) {
    const head = readHead(ports.crypto, path);
    if (head === null) {
      ports.log.error("wraps of a damaged clip file could not be erased", { file: basename(path) });
      continue;
    }
    const wraps = head.wraps.map(() => new Uint8Array(WRAP_BYTES));
    const file = await open(path, "r+");
    try {
      await file.write(encodeClipHead(ports.crypto, { ...head, wraps }), 0, undefined, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await stampDay(path, head.day);
  }
}

function readHead(crypto: Crypto, path: string): ClipHead | null {
  const file = new ClipFile(path);
  try {
    return file.head(crypto);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  } finally {
    file.close();
  }
}

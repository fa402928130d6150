import { open } from "node:fs/promises";
import { CLIP_HEAD_FIXED_BYTES, clipHeadLength, decodeClipHead, encodeClipHead } from "../../protocol/clip-file.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { WRAP_BYTES } from "../../protocol/wrap.ts";

/** Puts zeros in place of the wraps in one clip file's head; a file that has no readable head is left as it is. */
export async function eraseWrapsOf(crypto: Crypto, path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const fixed = new Uint8Array(CLIP_HEAD_FIXED_BYTES);
    await file.read(fixed, 0, fixed.length, 0);
    const bytes = new Uint8Array(clipHeadLength(fixed.at(-1) ?? 0));
    await file.read(bytes, 0, bytes.length, 0);
    const { clip, day, wraps } = decodeClipHead(crypto, bytes);
    const { atime, mtime } = await file.stat();
    const emptied = encodeClipHead(crypto, { clip, day, wraps: wraps.map(() => new Uint8Array(WRAP_BYTES)) });
    await file.write(emptied, 0, emptied.length, 0);
    await file.utimes(atime, mtime);
    await file.sync();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  } finally {
    await file.close();
  }
}

import { rm } from "node:fs/promises";
import { decodeJson, encodeJson } from "../../protocol/canonical-json.ts";
import { bytes, integer, nullable, object, text, type ValueOf } from "../../protocol/shape.ts";
import { readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";
import { LinkError } from "./errors.ts";

const fileShape = object({
  version: integer(1, 1),
  key: bytes(32),
  /** Sealed by the owner to the words; null: footage is not recovered. */
  sealedDays: nullable(text(256)),
  /** Time that the claim has waited, by the monotonic clock: a reboot loses some of it and never gains any. */
  claim: nullable(object({ member: bytes(32), waitedMs: integer(0, Number.MAX_SAFE_INTEGER) })),
});

export type StoredRecovery = ValueOf<typeof fileShape>;

/** @throws LinkError `link/recovery-damaged`; the file is left as it is. */
export async function readRecovery(path: string): Promise<StoredRecovery | null> {
  const content = await readFileIfThere(path);
  if (content === undefined) return null;
  try {
    return fileShape.read(decodeJson(content));
  } catch (cause) {
    throw new LinkError("link/recovery-damaged", `${path} is not a recovery file`, { cause });
  }
}

export async function writeRecovery(path: string, stored: StoredRecovery | null): Promise<void> {
  if (stored === null) await rm(path, { force: true });
  else await writeFileDurably(path, encodeJson(fileShape.write(stored)));
}

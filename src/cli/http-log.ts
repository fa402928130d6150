import { MirrorError } from "../device/mirror/errors.ts";
import { httpGet } from "../device/mirror/http-get.ts";
import { LogError } from "../protocol/tlog/errors.ts";
import { MAX_NOTE_BYTES } from "../protocol/tlog/note.ts";
import { CHECKPOINT_PATH, type TileSource } from "../protocol/tlog/tiles.ts";

/** The largest bundle of a register's log: 256 leaves. */
const MAX_FILE_BYTES = 256 * (2 + 16_448);

/** A log at an address. Failing to reach it is `log/unreachable`, whatever the cause. */
export function httpLog(url: string, signal: AbortSignal): TileSource {
  const base = url.replace(/\/+$/, "");
  return {
    async get(path) {
      try {
        return await httpGet(`${base}/${path}`, path === CHECKPOINT_PATH ? MAX_NOTE_BYTES : MAX_FILE_BYTES, signal);
      } catch (cause) {
        if (!(cause instanceof MirrorError)) throw cause;
        throw new LogError("log/unreachable", `${base}/${path}: ${cause.message}`, { cause });
      }
    },
  };
}

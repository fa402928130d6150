import type { TileSource } from "../protocol/tlog/tiles.ts";
import { RegisterError } from "./errors.ts";

const TIMEOUT_MS = 20_000;
/** The largest file of a log: a bundle of 256 entries of 64 KiB. */
const MAX_FILE_BYTES = 17 * 1024 * 1024;

/** Reads a log's files from a web server of any kind. */
export class HttpSource implements TileSource {
  readonly #url: string;
  readonly #signal: AbortSignal | undefined;

  /** @param url - With or without a slash at its end. */
  constructor(url: string, signal?: AbortSignal) {
    this.#url = url.replace(/\/+$/, "");
    this.#signal = signal;
  }

  async get(path: string): Promise<Uint8Array | null> {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${this.#url}/${path}`, {
      signal: this.#signal === undefined ? deadline : AbortSignal.any([deadline, this.#signal]),
      credentials: "omit",
    });
    if (response.status === 404 || response.status === 410) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) throw new RegisterError("register/away", `${path}: HTTP status ${response.status}`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      if (length > MAX_FILE_BYTES) throw new RegisterError("register/away", `${path} is larger than any file of a log`);
      chunks.push(chunk);
    }
    return new Uint8Array(Buffer.concat(chunks));
  }
}

import { concatBytes, readU32, toHex } from "../protocol/bytes.ts";
import { decodeJson } from "../protocol/canonical-json.ts";
import { LANES } from "../protocol/clip-keys.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { LeafData } from "../protocol/fragment.ts";
import { linkOps } from "../protocol/link-ops.ts";
import { webAuthorization, webKey } from "../protocol/web-token.ts";
import { type Doorbell, headOf } from "./doorbell.ts";
import { OwnerError } from "./errors.ts";
import { linkKeysOf } from "./owner-state.ts";
import type { OwnerStore } from "./owner-store.ts";
import { FIRST_BATCH } from "./stream-clip.ts";
import type { ClipHead, ClipSource } from "./verify-clip.ts";

/** A GET of the doorbell's web server. Rejects when it cannot be reached. */
export type HttpGet = (
  path: string,
  authorization: string,
) => Promise<{ readonly status: number; readonly chunks: AsyncIterable<Uint8Array> }>;

export interface ClipFetcherPorts {
  readonly crypto: Crypto;
  readonly store: OwnerStore;
  readonly get: HttpGet;
  readonly doorbell: Pick<Doorbell, "ask" | "head" | "fragments">;
}

/** What the doorbell knows this phone's requests by. */
interface Session {
  readonly id: Uint8Array;
  readonly key: Uint8Array;
}

const MAX_COUNT = 1000;
const NOTHING = (async function* () {})();
const OUT_OF_REACH = { status: 0, chunks: NOTHING };

/**
 * Clips over HTTP where the doorbell's web server is near, and over the link where it is not.
 * The session comes over the link; it ends with a restart of the doorbell, which costs one more question.
 */
export class ClipFetcher implements ClipSource {
  readonly #ports: ClipFetcherPorts;
  /** Answers that were asked for before anybody wanted them, by path. */
  readonly #ahead = new Map<string, ReturnType<HttpGet>>();
  #session: Promise<Session | null> | null = null;

  constructor(ports: ClipFetcherPorts) {
    this.#ports = ports;
  }

  /** Asks for the session ahead of the first clip, which then comes one question sooner. */
  async prepare(): Promise<void> {
    await this.#openSession();
  }

  /** Fetches the beginnings of picture and sound beside the head. What is left of an earlier film is forgotten. */
  expectFilm(clip: Uint8Array): void {
    this.#ahead.clear();
    for (const lane of [LANES.video, LANES.audio]) {
      const path = stretchPath(clip, { lane, index: 0 }, FIRST_BATCH);
      const reply = this.#get(path).then(async ({ status, chunks }) => ({
        status,
        chunks: only(await joined(chunks)),
      }));
      this.#ahead.set(
        path,
        reply.catch(() => OUT_OF_REACH),
      );
    }
  }

  async head(clip: Uint8Array): Promise<ClipHead> {
    const { status, chunks } = await this.#get(`/clips/${toHex(clip)}/head`);
    if (status !== 200) return this.#ports.doorbell.head(clip);
    const bytes = await joined(chunks);
    const jsonEnd = 4 + (bytes.length < 4 ? 0 : readU32(bytes, 0));
    const result = linkOps["clip-head"].result.read(decodeJson(bytes.subarray(4, jsonEnd)));
    return headOf(result, bytes.slice(jsonEnd));
  }

  async fragments(clip: Uint8Array, leaves: readonly LeafData[]): Promise<(Uint8Array | null)[]> {
    const all: (Uint8Array | null)[] = [];
    for await (const ciphertext of this.stream(clip, leaves)) all.push(ciphertext);
    return all;
  }

  /**
   * Ciphertexts of consecutive leaves of one lane as they arrive; null where one cannot be read.
   * What HTTP does not bring to its end comes over the link.
   */
  async *stream(clip: Uint8Array, leaves: readonly LeafData[]): AsyncGenerator<Uint8Array | null> {
    let done = 0;
    while (done < leaves.length) {
      const before = done;
      for await (const ciphertext of this.#stretch(clip, leaves.slice(done, done + MAX_COUNT))) {
        done += 1;
        yield ciphertext;
      }
      if (done === before) break;
    }
    if (done < leaves.length) yield* await this.#ports.doorbell.fragments(clip, leaves.slice(done));
  }

  /** Ends early when the connection does. */
  async *#stretch(clip: Uint8Array, leaves: readonly LeafData[]): AsyncGenerator<Uint8Array | null> {
    const [first] = leaves;
    if (first === undefined) return;
    const path = stretchPath(clip, first, leaves.length);
    const ahead = this.#ahead.get(path);
    this.#ahead.delete(path);
    const { status, chunks } = await (ahead ?? this.#get(path));
    if (status !== 200) return;
    let pending: Uint8Array = new Uint8Array();
    let found = 0;
    try {
      for await (const chunk of chunks) {
        pending = concatBytes(pending, chunk);
        for (;;) {
          const leaf = leaves[found];
          const length = pending.length < 4 ? null : readU32(pending, 0);
          if (leaf === undefined || length === null) break;
          if (length !== 0 && length !== leaf.length) return; // not what was asked for: the link will tell
          if (pending.length < 4 + length) break;
          const ciphertext = pending.slice(4, 4 + length);
          pending = pending.subarray(4 + length);
          found += 1;
          yield length === 0 && leaf.length > 0 ? null : ciphertext;
        }
      }
    } catch {
      return;
    }
  }

  /** Status 0: out of reach. */
  async #get(path: string): ReturnType<HttpGet> {
    for (const isLast of [false, true]) {
      const session = await this.#openSession();
      if (session === null) break;
      const authorization = webAuthorization(this.#ports.crypto, session.key, session.id, path);
      try {
        const reply = await this.#ports.get(path, authorization);
        if (reply.status !== 401 || isLast) return reply;
      } catch {
        break;
      }
      this.#session = null;
    }
    return OUT_OF_REACH;
  }

  async #openSession(): Promise<Session | null> {
    this.#session ??= this.#newSession();
    try {
      return await this.#session;
    } catch (error) {
      this.#session = null;
      if (error instanceof OwnerError) return null;
      throw error;
    }
  }

  async #newSession(): Promise<Session | null> {
    const { crypto, doorbell, store } = this.#ports;
    const [{ result }, { device }] = await Promise.all([doorbell.ask("web-session", {}), store.read()]);
    return device === null ? null : { id: result.session, key: webKey(crypto, linkKeysOf(device).toDeviceKey) };
  }
}

const stretchPath = (clip: Uint8Array, { lane, index }: Pick<LeafData, "lane" | "index">, count: number): string =>
  `/clips/${toHex(clip)}/${lane}/${index}-${count}`;

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return concatBytes(...parts);
}

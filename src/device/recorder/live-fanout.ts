import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import type { Log } from "../platform/logger.ts";
import type { MediaClock } from "./media-clock.ts";
import { TS_TICKS_PER_MS, TsJoiner } from "./ts-joiner.ts";

/** A viewer that has not read so much (four seconds at 2 Mbit/s) is dropped: it would only fall further behind. */
const VIEWER_LIMIT_BYTES = 1024 * 1024;
const MOST_VIEWERS = 8;

/**
 * Gives the encoded stream (MPEG-TS) to any number of viewers on a local socket, each from the next key frame on.
 * The stream is read only while somebody watches.
 */
export class LiveFanout {
  readonly #path: string;
  readonly #log: Log;
  readonly #onWatched: (watched: boolean) => void;
  readonly #viewers = new Map<Socket, TsJoiner | "joined">();
  #server: Server | undefined;
  readonly #mediaClock: Pick<MediaClock, "pictureEndMs">;

  /** @param onWatched - Told when the first viewer comes and when the last one has gone. */
  constructor(
    path: string,
    mediaClock: Pick<MediaClock, "pictureEndMs">,
    log: Log,
    onWatched: (watched: boolean) => void,
  ) {
    this.#path = path;
    this.#mediaClock = mediaClock;
    this.#log = log;
    this.#onWatched = onWatched;
  }

  get isWatched(): boolean {
    return this.#viewers.size > 0;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#add(socket));
    this.#server = server;
    server.listen(this.#path);
    await once(server, "listening");
  }

  stop(): void {
    this.#server?.close();
    for (const viewer of this.#viewers.keys()) viewer.destroy();
  }

  /** ffmpeg starts anew and so does its stream: every viewer joins again at a key frame. */
  restart(): void {
    for (const viewer of this.#viewers.keys()) this.#viewers.set(viewer, this.#newJoiner());
  }

  push(chunk: Uint8Array): void {
    for (const [viewer, joiner] of this.#viewers) {
      if (joiner === "joined") this.#send(viewer, chunk);
      else {
        const beginning = joiner.push(chunk);
        if (beginning === null) continue;
        this.#viewers.set(viewer, "joined");
        this.#send(viewer, beginning);
      }
    }
  }

  #send(viewer: Socket, bytes: Uint8Array): void {
    viewer.write(bytes);
    if (viewer.writableLength <= VIEWER_LIMIT_BYTES) return;
    this.#log.info("live viewer dropped", { reason: "too slow" });
    viewer.destroy();
  }

  #add(viewer: Socket): void {
    if (this.#viewers.size >= MOST_VIEWERS) {
      this.#log.info("live viewer refused", { reason: "too many" });
      viewer.destroy();
      return;
    }
    viewer.once("close", () => this.#remove(viewer));
    viewer.on("error", () => viewer.destroy());
    viewer.resume();
    this.#viewers.set(viewer, this.#newJoiner());
    if (this.#viewers.size === 1) this.#onWatched(true);
  }

  /** What came before the picture being taken now is left over from when nobody watched. */
  #newJoiner(): TsJoiner {
    return new TsJoiner((this.#mediaClock.pictureEndMs ?? 0) * TS_TICKS_PER_MS);
  }

  #remove(viewer: Socket): void {
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#onWatched(false);
  }
}

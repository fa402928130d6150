import { rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import type { Clock } from "../platform/clock.ts";

/** How often a socket that ffmpeg has not opened yet is tried; it opens them one by one, once it knows the streams. */
const TRY_AGAIN_MS = 25;
const READ_BYTES = 64 * 1024;

/**
 * A socket that one lane comes out of. ffmpeg listens and we connect, since only a socket that we connect can read
 * into one buffer of our own: a third of the CPU time of a stream of fresh buffers, and this runs all day.
 */
export class LaneSocket {
  readonly #path: string;
  readonly #clock: Pick<Clock, "sleep">;
  readonly #onData: (chunk: Uint8Array) => void;
  readonly #buffer = new Uint8Array(READ_BYTES);
  readonly #end = new AbortController();
  #socket: Socket | undefined;
  #isPaused = false;
  #isHeld = false;

  /** @param onData - Given bytes that are overwritten by the next ones. */
  constructor(path: string, clock: Pick<Clock, "sleep">, onData: (chunk: Uint8Array) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#onData = onData;
  }

  /** Connects as soon as ffmpeg listens; gives up only when closed. */
  async connect(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted && !(await this.#tryToConnect())) {
      await this.#clock.sleep(TRY_AGAIN_MS, signal).catch(() => {});
    }
  }

  /** While paused, ffmpeg meets a full socket; only a lane behind a dropping queue may be paused for long. */
  setPaused(paused: boolean): void {
    this.#isPaused = paused;
    this.#apply();
  }

  /** Leaves alone for a moment what ffmpeg has to say, whether paused or not. */
  setHeld(held: boolean): void {
    this.#isHeld = held;
    this.#apply();
  }

  #apply(): void {
    if (this.#isPaused || this.#isHeld) this.#socket?.pause();
    else this.#socket?.resume();
  }

  close(): void {
    this.#end.abort();
    this.#socket?.destroy();
    this.#buffer.fill(0);
  }

  /** For good, with the file that a killed ffmpeg leaves. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  #tryToConnect(): Promise<boolean> {
    const socket = connect({
      path: this.#path,
      onread: {
        buffer: this.#buffer,
        callback: (length) => {
          this.#onData(this.#buffer.subarray(0, length));
          return !(this.#isPaused || this.#isHeld);
        },
      },
    });
    this.#socket = socket;
    if (this.#isPaused || this.#isHeld) socket.pause();
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(true));
      // Later on, a broken connection shows as ffmpeg's end, which is watched.
      socket.on("error", () => resolve(false));
      if (this.#end.signal.aborted) socket.destroy();
    });
  }
}

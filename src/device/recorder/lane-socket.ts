import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** A socket that ffmpeg writes one lane into. Takes exactly one connection. */
export class LaneSocket {
  readonly path: string;
  readonly #onData: (chunk: Buffer) => void;
  #server: Server | undefined;
  #socket: Socket | undefined;
  #isPaused = false;

  constructor(path: string, onData: (chunk: Buffer) => void) {
    this.path = path;
    this.#onData = onData;
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.path);
    await once(server, "listening");
  }

  /** While paused, ffmpeg meets a full socket; only a lane behind a dropping queue may be paused for long. */
  setPaused(paused: boolean): void {
    this.#isPaused = paused;
    if (paused) this.#socket?.pause();
    else this.#socket?.resume();
  }

  close(): void {
    this.#server?.close();
    this.#socket?.destroy();
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    this.#server?.close();
    socket.on("data", this.#onData);
    // A broken connection shows as ffmpeg's end, which is watched.
    socket.on("error", () => socket.destroy());
    if (this.#isPaused) socket.pause();
  }
}

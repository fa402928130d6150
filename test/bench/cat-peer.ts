import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Child, until } from "./child.ts";

/**
 * The floor: the daemon's own ffmpeg command with the same outputs, read by `cat` in place of the daemon. What the daemon
 * leaves unread as long as nobody watches live is left unread here too.
 */
export class CatPeer {
  readonly #dir: string;
  #ffmpeg: Child | undefined;
  readonly #readers: ChildProcess[] = [];
  readonly #servers: Server[] = [];
  readonly #unread: Socket[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @param daemonArguments - Of the daemon's ffmpeg; its sockets get other folders. */
  async start(daemonArguments: readonly string[]): Promise<void> {
    mkdirSync(this.#dir, { recursive: true });
    const lanes: string[] = [];
    const args = daemonArguments.map((word) =>
      word.replaceAll(/unix:[^|\]]*?([^/|\]]+)(?=$|\|)/g, (_, name: string) => {
        lanes.push(name);
        return `unix:${join(this.#dir, name)}`;
      }),
    );
    if (lanes.length === 0) throw new Error(`the daemon's ffmpeg writes to no socket: ${daemonArguments.join(" ")}`);
    const ffmpegListens = daemonArguments.some((word) => /^-listen$|\blisten=1/.test(word));
    if (!ffmpegListens) for (const lane of lanes) await this.#listen(lane);
    const ffmpeg = new Child("ffmpeg", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#ffmpeg = ffmpeg;
    const connected = new Set<string>();
    await until("the reference's ffmpeg writes", 20_000, async () => {
      if (ffmpeg.hasEnded) throw new Error(`the reference's ffmpeg ended: ${ffmpeg.output}`);
      for (const lane of ffmpegListens ? lanes : []) {
        if (!connected.has(lane) && (await this.#connect(lane))) connected.add(lane);
      }
      return this.#readers.length + this.#unread.length === lanes.length;
    });
  }

  /** ffmpeg and its readers are siblings; each counts. */
  get pids(): readonly number[] {
    return [this.#ffmpeg?.pid ?? 0, ...this.#readers.map(({ pid }) => pid ?? 0)];
  }

  get hasEnded(): boolean {
    return this.#ffmpeg?.hasEnded ?? true;
  }

  get output(): string {
    return this.#ffmpeg?.output ?? "";
  }

  async stop(): Promise<void> {
    await this.#ffmpeg?.stop();
    for (const server of this.#servers) server.close();
    for (const socket of this.#unread) socket.destroy();
  }

  async #listen(lane: string): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#take(lane, socket));
    this.#servers.push(server);
    server.listen(join(this.#dir, lane));
    await once(server, "listening");
  }

  /** False as long as ffmpeg does not listen yet. */
  async #connect(lane: string): Promise<boolean> {
    const socket = connect(join(this.#dir, lane));
    socket.pause(); // not a byte may be read here
    try {
      await once(socket, "connect");
    } catch {
      return false;
    }
    this.#take(lane, socket);
    return true;
  }

  #take(lane: string, socket: Socket): void {
    if (lane.includes("live")) {
      this.#unread.push(socket);
      return;
    }
    this.#readers.push(spawn("cat", { stdio: [socket, "ignore", "ignore"] }));
    socket.destroy(); // cat has its own copy
  }
}

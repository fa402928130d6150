import { type ChildProcess, spawn } from "node:child_process";
import { Child } from "./child.ts";

const FIRST_PIPE = 3;

/**
 * The floor: the daemon's own ffmpeg command, its outputs read by `cat` in place of the daemon. What the daemon leaves
 * unread as long as nobody watches live is left unread here too.
 */
export class CatPeer {
  #ffmpeg: Child | undefined;
  readonly #readers: ChildProcess[] = [];

  /** @param daemonArguments - Of the daemon's ffmpeg; its sockets become pipes. */
  start(daemonArguments: readonly string[]): void {
    const lanes: string[] = [];
    const args = daemonArguments.map((word) =>
      word.replaceAll(/unix:[^|\]]*?([^/|\]]+)(?=$|\|)/g, (_, name: string) => {
        lanes.push(name);
        return `pipe:${FIRST_PIPE + lanes.length - 1}`;
      }),
    );
    if (lanes.length === 0) throw new Error(`the daemon's ffmpeg writes to no socket: ${daemonArguments.join(" ")}`);
    const ffmpeg = new Child("ffmpeg", args, {
      stdio: ["ignore", "ignore", "pipe", ...lanes.map(() => "pipe" as const)],
    });
    this.#ffmpeg = ffmpeg;
    for (const [i, lane] of lanes.entries()) {
      const pipe = ffmpeg.process.stdio[FIRST_PIPE + i];
      if (lane.includes("live") || pipe === null || pipe === undefined) continue;
      this.#readers.push(spawn("cat", { stdio: [pipe as never, "ignore", "ignore"] }));
    }
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
    for (const reader of this.#readers) reader.kill();
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const START_MS = 60_000;

export interface ProgramStart {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** It has started once something listens here. */
  readonly port: number;
}

/** One machine of a broker: a program that can be killed and started again with what it had on disk. */
export class BrokerProcess {
  readonly #start: ProgramStart;
  #child: ChildProcess | null = null;
  #complaints = "";

  constructor(start: ProgramStart) {
    this.#start = start;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** @throws Error with the program's last words when it ends or does not listen. */
  async start(): Promise<void> {
    const { program, args, env, port } = this.#start;
    // Debian keeps brokers where only root's PATH looks.
    const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`;
    const child = spawn(program, args, {
      env: { ...process.env, ...env, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#complaints = "";
    child.on("error", (error) => this.#keep(String(error)));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => this.#keep(String(text)));
    for (let waited = 0; waited < START_MS; waited += 50) {
      if (child.exitCode !== null || child.pid === undefined) break;
      if (await answers(port)) return;
      await sleep(50);
    }
    throw new Error(`${program} does not listen: ${this.#complaints}`);
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    if ((await Promise.race([ended, sleep(10_000, null, { ref: false })])) === null) child.kill("SIGKILL");
    await ended;
  }

  #keep(text: string): void {
    this.#complaints = (this.#complaints + text).slice(-4_000);
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

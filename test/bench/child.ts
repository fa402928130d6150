import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const running = new Set<Child>();

/** A program that the benchmark starts; whatever happens, it ends with the benchmark. */
export class Child {
  readonly process: ChildProcess;
  readonly pid: number;
  #output = "";

  constructor(program: string, args: readonly string[], options: SpawnOptions = {}) {
    this.process = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.process.on("error", (error) => this.#keep(String(error)));
    this.process.stdout?.on("data", (chunk: Buffer) => this.#keep(chunk.toString("utf8")));
    this.process.stderr?.on("data", (chunk: Buffer) => this.#keep(chunk.toString("utf8")));
    this.pid = this.process.pid ?? 0;
    running.add(this);
    this.process.once("exit", () => running.delete(this));
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output;
  }

  onOutput(listener: () => void): void {
    this.process.stdout?.on("data", listener);
    this.process.stderr?.on("data", listener);
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async ended(): Promise<number> {
    if (!this.hasEnded) await once(this.process, "exit");
    return this.process.exitCode ?? 128;
  }

  async stop(): Promise<void> {
    if (this.hasEnded || this.pid === 0) return;
    this.process.kill("SIGTERM");
    await Promise.race([this.ended(), sleep(10_000)]);
    if (!this.hasEnded) {
      this.process.kill("SIGKILL");
      await this.ended();
    }
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-20_000);
  }
}

export async function stopAllChildren(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

/** @throws Error with the program's last words, where it fails. */
export async function runToEnd(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const child = new Child(program, args, options);
  const status = await child.ended();
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${child.output.slice(-2000)}`);
  return child.output;
}

export async function until(
  what: string,
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
  everyMs = 50,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs / 1000} s in vain: ${what}`);
    await sleep(everyMs);
  }
}

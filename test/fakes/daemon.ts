import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { askDaemon } from "../../src/cli/control-client.ts";

const END_WITHIN_MS = 20_000;
export const program = join(import.meta.dirname, "../../.cache/scenario/doorward.mjs");
/** The daemon looks for it beside itself. */
export const liveChild = join(import.meta.dirname, "../../.cache/scenario/live-child.mjs");

/** Bundles `doorward` from the sources as they are now; another test file may run it meanwhile. */
export async function bundleProgram(): Promise<void> {
  await Promise.all([bundle("cli/main.ts", program), bundle("device/live/child-main.ts", liveChild)]);
}

async function bundle(source: string, outfile: string): Promise<void> {
  const entry = join(import.meta.dirname, "../../src", source);
  const unfinished = `${outfile}.${process.pid}`;
  const options = { bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "warning" } as const;
  await build({ ...options, entryPoints: [entry], outfile: unfinished });
  renameSync(unfinished, outfile);
}

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Those whose process runs, for whoever tells what they said. */
export const runningDaemons = new Set<Daemon>();

interface DaemonOptions {
  /** Put before the node program: `setpriv …`. */
  readonly via?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** `doorward run` in a process of its own. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #dataDir: string;
  readonly #log: LogLine[] = [];
  readonly #listeners = new Set<() => void>();
  /** Settles with its exit status. */
  readonly ended: Promise<number | null>;
  /** What it said that is no line of its log. */
  complaint = "";

  constructor(configFile: string, dataDir: string, { via = [], environment = {} }: DaemonOptions = {}) {
    this.#dataDir = dataDir;
    const [command, ...words] = [...via, process.execPath, program, "run", "--config", configFile];
    const env = { ...process.env, ...environment };
    this.#child = spawn(command ?? process.execPath, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    runningDaemons.add(this);
    this.ended = once(this.#child, "exit").then(([status]) => {
      runningDaemons.delete(this);
      for (const listener of this.#listeners) listener();
      return status as number | null;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on("line", (line) => this.#heard(line));
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Lines of this event so far. */
  heard(event: string): readonly LogLine[] {
    return this.#log.filter((line) => line.event === event);
  }

  /** Its last lines, each in a few words. */
  lastWords(count: number): string {
    return this.#log
      .slice(-count)
      .map(({ time, event, reason }) => [String(time).slice(11, 19), event, reason].filter(Boolean).join(" "))
      .join(", ");
  }

  /** Settles with the `count`-th line of this event, also when it came before. @throws Error when the daemon ends first. */
  async says(event: string, count = 1): Promise<LogLine> {
    for (;;) {
      const line = this.heard(event)[count - 1];
      if (line !== undefined) return line;
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) throw new Error(`ended before "${event}": ${this.complaint}`);
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  /** A word over the control socket, such as `{ op: "ring" }`. */
  ask(request: object): Promise<Readonly<Record<string, unknown>>> {
    return askDaemon({ dataDir: this.#dataDir }, request, new AbortController().signal);
  }

  /** Whether the named output is on. */
  async isOn(pin: string): Promise<boolean> {
    return (await this.ask({ op: "level", pin })).level === 1;
  }

  /** Names of the programs that it runs now. */
  children(): string[] {
    const pid = this.pid;
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(commandOf),
    );
  }

  signal(name: "SIGHUP" | "SIGKILL" | "SIGTERM"): void {
    this.#child.kill(name);
  }

  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), END_WITHIN_MS);
    const status = await this.ended;
    clearTimeout(late);
    return status;
  }

  #heard(text: string): void {
    const line = parse(text);
    if (line === null) this.complaint += `${text}\n`;
    else this.#log.push(line);
    for (const listener of [...this.#listeners]) {
      this.#listeners.delete(listener);
      listener();
    }
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "latin1").trim();
  } catch {
    return "gone";
  }
}

function parse(text: string): LogLine | null {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === "object" && line !== null && "event" in line ? (line as LogLine) : null;
  } catch {
    return null;
  }
}

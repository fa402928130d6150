import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { askDaemon } from "../control-client.ts";
import { withDeadline } from "../deadline.ts";
import { StepFailed } from "./step-failed.ts";

const LOG_LINES_KEPT = 20;
const END_WITHIN_MS = 15_000;

interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The real daemon in a process of its own, with simulated pins; its log is how the story knows what happens. */
export class SimulatedDoor {
  readonly #dataDir: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #log: string[] = [];
  readonly #waiting = new Set<(line: LogLine) => void>();
  readonly #seen: LogLine[] = [];

  constructor(configFile: string, dataDir: string) {
    this.#dataDir = dataDir;
    // A group of its own: Ctrl-C reaches this process alone, which then ends the door in order.
    this.#child = spawn(process.execPath, [...process.execArgv, thisProgram(), "run", "--config", configFile], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#exited = once(this.#child, "exit").then(() => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on("line", (line) => this.#heard(line));
    }
  }

  /** Settles with the log line of this event, also when it came before. */
  async event(name: string, signal: AbortSignal, withinMs: number): Promise<LogLine> {
    const before = this.#seen.find((line) => line.event === name);
    if (before !== undefined) return before;
    const waiting = withDeadline(signal, withinMs);
    const heard = new Promise<LogLine>((resolve, reject) => {
      const look = (line: LogLine): void => {
        if (line.event === name) resolve(line);
        // So it goes on; the story cannot.
        if (line.event === "only the bell works") {
          reject(new StepFailed(`only the bell of this doorbell works (${String(line.code)})`, String(line.todo)));
        }
      };
      this.#waiting.add(look);
      const failed = (why: string): void => reject(new StepFailed(`${why}; its log ends:\n${this.logEnd}`));
      waiting.addEventListener("abort", () => failed(`the doorbell did not come to "${name}"`), { once: true });
      void this.#exited.then(() => failed("the doorbell ended by itself"));
    });
    return heard;
  }

  ask(request: object, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return askDaemon({ dataDir: this.#dataDir }, request, signal);
  }

  get logEnd(): string {
    return this.#log.map((line) => `     | ${line}`).join("\n");
  }

  get exited(): Promise<void> {
    return this.#exited;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timeout = setTimeout(() => this.#child.kill("SIGKILL"), END_WITHIN_MS);
    await this.#exited;
    clearTimeout(timeout);
  }

  #heard(text: string): void {
    this.#log.push(text);
    if (this.#log.length > LOG_LINES_KEPT) this.#log.shift();
    const line = parseLine(text);
    if (line === null) return;
    this.#seen.push(line);
    for (const look of this.#waiting) look(line);
  }
}

function thisProgram(): string {
  const [, program] = process.argv;
  if (program === undefined) throw new StepFailed("node does not say which program it runs");
  return program;
}

function parseLine(text: string): LogLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "event" in value ? (value as LogLine) : null;
  } catch {
    return null;
  }
}

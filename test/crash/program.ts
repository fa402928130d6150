import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const LINES_KEPT = 40;
const END_WITHIN_MS = 15_000;

const running = new Set<Program>();

/** One process of Doorward: the daemon, a delivery broker or a recipient. */
export class Program {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();
  #hasEnded = false;

  /** @param main - Program file that Node runs. */
  constructor(main: string, words: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(process.execPath, [main, ...words], { stdio: ["ignore", "pipe", "pipe"], env });
    this.pid = this.#child.pid ?? 0;
    this.#exited = once(this.#child, "exit").then(() => {
      this.#hasEnded = true;
      running.delete(this);
    });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on("line", (line) => this.#heard(line));
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get lastWords(): string {
    return this.#lines.join("\n");
  }

  /** Settles with the first line from now on, or already said, that holds the text. @throws Error when it ends or takes too long. */
  async says(text: string, withinMs: number): Promise<string> {
    const before = this.#lines.find((line) => line.includes(text));
    if (before !== undefined) return before;
    let listener: ((line: string) => void) | undefined;
    const said = new Promise<string>((resolve) => {
      listener = (line) => {
        if (line.includes(text)) resolve(line);
      };
      this.#listeners.add(listener);
    });
    const waiting = new AbortController();
    const tooLong = sleep(withinMs, null, { signal: waiting.signal }).catch(() => null);
    const line = await Promise.race([said, tooLong, this.#exited.then(() => null)]);
    waiting.abort();
    if (listener !== undefined) this.#listeners.delete(listener);
    if (line !== null) return line;
    throw new Error(`${this.#hasEnded ? "ended" : "waited in vain"} before it said "${text}":\n${this.lastWords}`);
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Its own children, as ffmpeg is the daemon's. */
  get children(): readonly number[] {
    return childrenOf(this.pid);
  }

  /** Stops every thread where it is. Whatever had reached the kernel by then is what a crash at this moment leaves. */
  async freeze(): Promise<void> {
    this.#child.kill("SIGSTOP");
    while (!this.#hasEnded && !isStopped(this.pid)) await sleep(1);
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** SIGKILL; also ends a frozen process. @returns Who of its own children does not end by itself, once that is known. */
  async kill(): Promise<{ readonly orphans: Promise<readonly string[]> }> {
    const children = this.children.map((pid) => ({ pid, startedAt: statOf(`/proc/${pid}/stat`)?.startedAt ?? "" }));
    this.#child.kill("SIGKILL");
    await this.#exited;
    return { orphans: orphansAmong(children) };
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), END_WITHIN_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #heard(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }
}

/** However the run ends, nothing of it stays. */
export async function stopAllPrograms(): Promise<void> {
  const children = [...running].flatMap((program) => program.children);
  for (const pid of [...children, ...[...watched].filter(isAlive).map((orphan) => orphan.pid)]) {
    process.kill(pid, "SIGKILL");
  }
  await Promise.all([...running].map((program) => program.kill()));
}

/** ffmpeg waits ten seconds for a reader of each of its sockets before it gives up. */
const ENDS_BY_ITSELF_WITHIN_MS = 45_000;

/** A process by number and start time, since numbers are given again. */
interface Watched {
  readonly pid: number;
  readonly startedAt: string;
}

const watched = new Set<Watched>();

/** What a daemon had started ends by itself once nobody reads from it; names those that do not, and ends them. */
async function orphansAmong(children: readonly Watched[]): Promise<readonly string[]> {
  for (const child of children) watched.add(child);
  const until = performance.now() + ENDS_BY_ITSELF_WITHIN_MS;
  while (children.some(isAlive) && performance.now() < until) await sleep(100);
  for (const child of children) watched.delete(child);
  return children.filter(isAlive).map(({ pid }) => {
    const name = commandOf(pid);
    process.kill(pid, "SIGKILL");
    return `${name} outlived the daemon that started it`;
  });
}

function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).every((task) => ["T", undefined].includes(statOf(`${tasks}/${task}/stat`)?.state));
  } catch {
    return true; // it has ended
  }
}

function isAlive({ pid, startedAt }: Watched): boolean {
  const stat = statOf(`/proc/${pid}/stat`);
  return stat !== null && stat.state !== "Z" && stat.startedAt === startedAt;
}

/** By proc(5) from the third field on: the name ahead of it stands in parentheses and may hold anything. */
function statOf(file: string): { readonly state: string; readonly startedAt: string } | null {
  try {
    const text = readFileSync(file, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startedAt: fields[19] ?? "" };
  } catch {
    return null; // it has ended
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0")[0] ?? "";

import { type ChildProcess, spawn } from "node:child_process";

/** Each line is how long to wait and what to write 0 to. A wait goes on when the shell itself has ended. */
const PROGRAM = 'while read -r seconds file; do { sleep "$seconds"; echo 0 >"$file"; } & done';
/** Making a process takes as long as all else that a press does, and a start has more to do too. */
const MADE_AFTER_MS = 3000;

/**
 * Lets outputs go after their time, whatever has become of this process by then: a shell in a session of its own, which is
 * told by a line each.
 */
export class LapseGuard {
  readonly #onError: (error: Error) => void;
  #shell: ChildProcess | undefined;
  #early: NodeJS.Timeout | undefined;

  constructor(onError: (error: Error) => void) {
    this.#onError = onError;
  }

  /** Soon there is a shell, so that the first press need not wait for one. */
  prepare(): void {
    this.#early ??= setTimeout(() => this.#running(), MADE_AFTER_MS).unref();
  }

  /** Has told the shell when it returns. @param file - Of a pin, in which 0 means off. */
  letGoAfter(file: string, lapseMs: number): void {
    this.#running().stdin?.write(`${lapseMs / 1000} ${file}\n`);
  }

  /** What was told is still done. */
  stop(): void {
    clearTimeout(this.#early);
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #running(): ChildProcess {
    if (this.#shell !== undefined) return this.#shell;
    const shell = spawn("sh", ["-c", PROGRAM], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
    this.#shell = shell;
    shell.on("error", this.#onError);
    shell.stdin?.on("error", this.#onError);
    shell.on("close", () => {
      if (this.#shell === shell) this.#shell = undefined;
    });
    shell.unref();
    return shell;
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";

/** A chime is short; a player that hangs on a busy sound card is ended. */
const LONGEST_MS = 30_000;

export interface SoundPlayer {
  /** Does nothing while a sound plays. */
  play(file: string, speaker: string): void;
  stop(): void;
}

/** `aplay` for WAV files, because it starts at once; `ffmpeg` for all others. */
export class ProgramPlayer implements SoundPlayer {
  readonly #clock: Clock;
  readonly #log: Log;
  #playing: ChildProcess | undefined;
  /** Told when it changes, not at every ring: a journal on the card must not tell when somebody rang. */
  #failure: string | number = 0;

  constructor(ports: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = ports.clock;
    this.#log = ports.log;
  }

  play(file: string, speaker: string): void {
    if (this.#playing !== undefined) return;
    const [program, args] = file.toLowerCase().endsWith(".wav")
      ? ["aplay", ["-q", "-D", speaker, file]]
      : ["ffmpeg", ["-nostdin", "-v", "error", "-i", file, "-vn", "-f", "alsa", speaker]];
    const child = spawn(program, args, { stdio: "ignore" });
    this.#playing = child;
    const cancel = this.#clock.after(LONGEST_MS, () => child.kill("SIGKILL"));
    const ended = (failure: string | number): void => {
      cancel();
      if (this.#playing === child) this.#playing = undefined;
      if (failure !== 0 && failure !== this.#failure) this.#log.warn("chime sound failed", { program, failure });
      this.#failure = failure;
    };
    child.on("error", (error: NodeJS.ErrnoException) => ended(error.code ?? error.message));
    child.on("exit", (code, signal) => ended(code ?? signal ?? 0));
  }

  stop(): void {
    this.#playing?.kill("SIGKILL");
  }
}

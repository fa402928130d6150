import { type ChildProcess, fork } from "node:child_process";
import type { FromChild, ToChild } from "./child-messages.ts";
import { LiveError } from "./errors.ts";
import type { EngineName, PeerPlan } from "./live-peer.ts";

export interface ViewEvents {
  readonly connected: () => void;
  /** Called once, when the process is gone. */
  readonly ended: (error: LiveError | null) => void;
}

/** A process that does not end when asked gets this long. */
const FAREWELL_MS = 2000;

const endings = {
  closed: null,
  lost: null,
  feed: () => new LiveError("live/feed-failed", "the live stream could not be read"),
  engine: () => new LiveError("live/engine-failed", "the WebRTC engine failed"),
} as const;

/** One view as the daemon sees it: a child process that offers, is answered, and ends. */
export class LiveView {
  readonly #child: ChildProcess;
  readonly #events: ViewEvents;
  readonly #offer: Promise<string>;
  #tellOffer: (sdp: string) => void = () => {};
  #failOffer: (error: LiveError) => void = () => {};
  #error: LiveError | null = new LiveError("live/engine-failed", "the WebRTC engine ended by itself");
  #isOver = false;

  /** @param program - The child's file, as the build makes it. */
  constructor(program: string, plan: PeerPlan, engine: EngineName, events: ViewEvents) {
    this.#events = events;
    this.#offer = new Promise((resolve, reject) => {
      this.#tellOffer = resolve;
      this.#failOffer = reject;
    });
    this.#offer.catch(() => {}); // nobody may be waiting any more
    // A view has no business with the daemon's environment, which may name credentials.
    this.#child = fork(program, [], {
      env: { PATH: process.env.PATH },
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child.on("message", (message) => this.#heard(message as FromChild));
    this.#child.once("error", () => this.#over());
    this.#child.once("exit", () => this.#over());
    this.#tell({ do: "offer", engine, plan });
  }

  /** @throws LiveError `live/no-engine`, `live/engine-failed`. */
  offer(): Promise<string> {
    return this.#offer;
  }

  accept(sdp: string): void {
    this.#tell({ do: "accept", sdp });
  }

  /** Settles when the process is gone. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#error = null;
    const gone = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#tell({ do: "close" });
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), FAREWELL_MS);
    await gone;
    clearTimeout(kill);
  }

  #tell(message: ToChild): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #heard(message: FromChild): void {
    if (message.told === "offer") this.#tellOffer(message.sdp);
    else if (message.told === "connected") this.#events.connected();
    else if (message.told === "ended") this.#error = endings[message.reason]?.() ?? null;
    else this.#error = new LiveError("live/no-engine", "no engine for this viewer");
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failOffer(this.#error ?? new LiveError("live/engine-failed", "the view was ended"));
    this.#events.ended(this.#error);
  }
}

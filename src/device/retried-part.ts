import type { Clock } from "./platform/clock.ts";

export interface Startable {
  /** May fail; {@link stop} is called then. */
  start(signal: AbortSignal): Promise<void>;
  /** Never throws, may be called twice. */
  stop(): Promise<void>;
}

export interface RetriedPartPorts<Part> {
  readonly clock: Pick<Clock, "sleep">;
  /** Called for every attempt: what has failed to start is not used again. */
  readonly make: () => Part;
  readonly onUp?: (part: Part) => void;
  readonly onFailed: (error: unknown) => void;
}

export const RETRY_MS = 60_000;

/** A part without which the rest goes on: when it does not start, it is tried again every minute. */
export class RetriedPart<Part extends Startable> {
  readonly #ports: RetriedPartPorts<Part>;
  readonly #life = new AbortController();
  #part: Part | null = null;
  #trying: Promise<void> = Promise.resolve();
  #hurry = new AbortController();

  constructor(ports: RetriedPartPorts<Part>) {
    this.#ports = ports;
  }

  /** Null until it has started. */
  get part(): Part | null {
    return this.#part;
  }

  /** Settles after the first attempt, however it ended. */
  async start(signal: AbortSignal): Promise<void> {
    const ending = AbortSignal.any([signal, this.#life.signal]);
    const first = this.#attempt(ending);
    this.#trying = first.then(() => this.#retry(ending));
    await first;
  }

  /** Does not wait out the minute. */
  retryNow(): void {
    this.#hurry.abort();
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await this.#trying;
    const part = this.#part;
    this.#part = null;
    await part?.stop();
  }

  async #retry(ending: AbortSignal): Promise<void> {
    while (this.#part === null && !ending.aborted) {
      this.#hurry = new AbortController();
      await this.#ports.clock.sleep(RETRY_MS, AbortSignal.any([ending, this.#hurry.signal])).catch(() => {});
      if (!ending.aborted) await this.#attempt(ending);
    }
  }

  async #attempt(ending: AbortSignal): Promise<void> {
    const { make, onUp, onFailed } = this.#ports;
    const part = make();
    try {
      await part.start(ending);
    } catch (error) {
      await part.stop();
      if (!ending.aborted) onFailed(error);
      return;
    }
    this.#part = part;
    onUp?.(part);
  }
}

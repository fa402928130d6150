import type { Timer } from "./owner-ports.ts";

/** A stranger may send more than anybody reads. */
const MAX_HELD = 8;

/** Messages waiting for their one reader; beyond a few the newest are dropped. */
export class MessageQueue {
  readonly #timer: Timer;
  readonly #held: Uint8Array[] = [];
  #reader: ((message: Uint8Array) => void) | null = null;

  constructor(timer: Timer) {
    this.#timer = timer;
  }

  push(message: Uint8Array): void {
    if (this.#reader !== null) this.#reader(message);
    else if (this.#held.length < MAX_HELD) this.#held.push(message);
  }

  /** Null when nothing comes in time. */
  next(withinMs: number): Promise<Uint8Array | null> {
    const held = this.#held.shift();
    if (held !== undefined) return Promise.resolve(held);
    return new Promise((resolve) => {
      const settle = (message: Uint8Array | null): void => {
        cancel();
        this.#reader = null;
        resolve(message);
      };
      const cancel = this.#timer.after(withinMs, () => settle(null));
      this.#reader = settle;
    });
  }
}

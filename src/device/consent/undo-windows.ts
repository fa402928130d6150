import { toHex } from "../../protocol/bytes.ts";
import type { ConsentClock } from "./ports.ts";

interface Window {
  readonly endsAtMs: number;
  readonly cancel: () => void;
}

/** Undo windows live by the monotonic clock and in RAM: a reboot begins each anew, so it can only grow. */
export class UndoWindows {
  readonly #clock: Pick<ConsentClock, "monotonicMs" | "after">;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Pick<ConsentClock, "monotonicMs" | "after">) {
    this.#clock = clock;
  }

  begin(token: Uint8Array, lengthMs: number, onEnd: () => void): void {
    const name = toHex(token);
    this.#windows.get(name)?.cancel();
    const cancel = this.#clock.after(lengthMs, () => {
      this.#windows.delete(name);
      onEnd();
    });
    this.#windows.set(name, { endsAtMs: this.#clock.monotonicMs() + lengthMs, cancel });
  }

  end(token: Uint8Array): void {
    const name = toHex(token);
    this.#windows.get(name)?.cancel();
    this.#windows.delete(name);
  }

  endAll(): void {
    for (const { cancel } of this.#windows.values()) cancel();
    this.#windows.clear();
  }

  remainingMs(token: Uint8Array): number {
    const window = this.#windows.get(toHex(token));
    return window === undefined ? 0 : Math.max(0, Math.ceil(window.endsAtMs - this.#clock.monotonicMs()));
  }
}

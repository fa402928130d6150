import type { Output } from "./terminal.ts";

const REDRAW_MS = 80;
const BAR_CELLS = 24;

/**
 * One line of progress. A terminal sees it redrawn in place; a pipe or a log gets one line at the start and one at the
 * end, so that nothing there needs control characters.
 */
export class Progress {
  readonly #output: Output;
  readonly #label: string;
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(output: Output, label: string) {
    this.#output = output;
    this.#label = label;
    output.write(this.#live ? `\r\u001b[K${label} …` : `${label} …\n`);
  }

  get #live(): boolean {
    return this.#output.isTTY === true;
  }

  /** Shows how far it is; `total` 0 means unknown. */
  update(done: number, total: number, detail = ""): void {
    if (!this.#live || this.#ended) return;
    const nowMs = performance.now();
    if (nowMs - this.#drawnAtMs < REDRAW_MS && done < total) return;
    this.#drawnAtMs = nowMs;
    const part = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(part * BAR_CELLS);
    const bar =
      total > 0 ? ` ${"█".repeat(filled)}${"░".repeat(BAR_CELLS - filled)} ${Math.floor(part * 100)} %` : " …";
    const line = `${this.#label}${bar}${detail === "" ? "" : `  ${detail}`}`;
    this.#output.write(`\r\u001b[K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }

  /** Ends the line; without a text it is wiped from a terminal. */
  end(text?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#live) this.#output.write("\r\u001b[K");
    if (text !== undefined) this.#output.write(`${text}\n`);
  }
}

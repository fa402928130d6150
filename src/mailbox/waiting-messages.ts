/** Per inbox: eight windows of chunks, or months of offers. */
const MAX_MESSAGES = 64;
/** For all inboxes together. */
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * Counts what waits in memory for readers that are away or slow. A doorbell repeats its offer until it has a receipt,
 * so a message that finds no room is dropped and nothing is lost.
 */
export class WaitingMessages {
  readonly #sizes = new Map<string, number[]>();
  #bytes = 0;

  /** False when there is no room: the message must not be kept. */
  add(inbox: string, bytes: number): boolean {
    const sizes = this.#sizes.get(inbox) ?? [];
    if (sizes.length >= MAX_MESSAGES || this.#bytes + bytes > MAX_BYTES) return false;
    this.#sizes.set(inbox, [...sizes, bytes]);
    this.#bytes += bytes;
    return true;
  }

  /** The reader acknowledged its oldest message. */
  take(inbox: string): void {
    const [oldest, ...rest] = this.#sizes.get(inbox) ?? [];
    if (oldest === undefined) return;
    this.#bytes -= oldest;
    if (rest.length === 0) this.#sizes.delete(inbox);
    else this.#sizes.set(inbox, rest);
  }

  clear(inbox: string): void {
    for (const bytes of this.#sizes.get(inbox) ?? []) this.#bytes -= bytes;
    this.#sizes.delete(inbox);
  }
}

/** Per inbox: eight windows of chunks, or months of offers. */
const MAX_MESSAGES = 64;
/** For all inboxes together. */
const MAX_BYTES = 128 * 1024 * 1024;
/** From one sender's address. Anybody can make inboxes and write to them, and must not take all the room that way. */
const MAX_BYTES_PER_SENDER = 8 * 1024 * 1024;

interface Waiting {
  readonly bytes: number;
  readonly sender: string;
}

/**
 * Counts what waits in memory for readers that are away or slow. A doorbell repeats its offer until it has a receipt,
 * so a message that finds no room is dropped and nothing is lost.
 */
export class WaitingMessages {
  readonly #inboxes = new Map<string, readonly Waiting[]>();
  readonly #senders = new Map<string, number>();
  #bytes = 0;

  /** False when there is no room: the message must not be kept. */
  add(inbox: string, bytes: number, sender: string): boolean {
    const waiting = this.#inboxes.get(inbox) ?? [];
    const ofSender = (this.#senders.get(sender) ?? 0) + bytes;
    if (waiting.length >= MAX_MESSAGES || this.#bytes + bytes > MAX_BYTES || ofSender > MAX_BYTES_PER_SENDER)
      return false;
    this.#inboxes.set(inbox, [...waiting, { bytes, sender }]);
    this.#senders.set(sender, ofSender);
    this.#bytes += bytes;
    return true;
  }

  /** Everything that is known of what waits. */
  list(): { readonly inbox: string; readonly bytes: number; readonly sender: string }[] {
    return [...this.#inboxes].flatMap(([inbox, waiting]) => waiting.map((message) => ({ inbox, ...message })));
  }

  /** The reader acknowledged its oldest message. */
  take(inbox: string): void {
    const [oldest, ...rest] = this.#inboxes.get(inbox) ?? [];
    if (oldest === undefined) return;
    this.#forget(oldest);
    if (rest.length === 0) this.#inboxes.delete(inbox);
    else this.#inboxes.set(inbox, rest);
  }

  clear(inbox: string): void {
    for (const message of this.#inboxes.get(inbox) ?? []) this.#forget(message);
    this.#inboxes.delete(inbox);
  }

  #forget({ bytes, sender }: Waiting): void {
    this.#bytes -= bytes;
    const left = (this.#senders.get(sender) ?? 0) - bytes;
    if (left > 0) this.#senders.set(sender, left);
    else this.#senders.delete(sender);
  }
}

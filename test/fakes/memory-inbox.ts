import { concatBytes } from "../../src/protocol/bytes.ts";
import type { InboxStorage } from "../../src/recipient/recipient-ports.ts";

/** A recipient's disk: what it holds survives the `Inbox` that wrote it. */
export class MemoryInbox implements InboxStorage {
  readonly shares = new Map<string, Uint8Array>();
  readonly parts = new Map<string, Uint8Array>();
  readonly receipts = new Map<string, Uint8Array>();
  /** How often a delivery became a share; more than once is a fault. */
  finished = 0;

  held = async (delivery: string): Promise<number> => this.parts.get(delivery)?.length ?? 0;

  async append(delivery: string, offset: number, bytes: Uint8Array): Promise<void> {
    const held = this.parts.get(delivery) ?? new Uint8Array();
    if (offset > held.length) throw new Error("append beyond what is held");
    this.parts.set(delivery, concatBytes(held.subarray(0, offset), bytes));
  }

  async *read(delivery: string): AsyncIterable<Uint8Array> {
    const part = this.parts.get(delivery);
    if (part !== undefined) yield part;
  }

  async finish(delivery: string, receipt: Uint8Array): Promise<void> {
    const part = this.parts.get(delivery);
    if (part === undefined) throw new Error("nothing to finish");
    this.receipts.set(delivery, receipt);
    this.shares.set(delivery, part);
    this.parts.delete(delivery);
    this.finished += 1;
  }

  receiptOf = async (delivery: string): Promise<Uint8Array | null> =>
    this.parts.has(delivery) ? null : (this.receipts.get(delivery) ?? null);

  async discard(delivery: string): Promise<void> {
    this.parts.delete(delivery);
  }
}

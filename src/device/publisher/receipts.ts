import { equalBytes } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { chunkCount, type OfferedShare } from "../../protocol/delivery.ts";
import { openStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { type Receipt, receiptStatement } from "../../protocol/statements/receipt.ts";

export interface ExpectedReceipt {
  readonly delivery: Uint8Array;
  readonly share: OfferedShare;
  /** Key of the recipient's card. */
  readonly signKey: Uint8Array;
}

/** The receipt, or null for whatever else somebody wrote to the topic: anybody may. */
export function readReceipt(crypto: Crypto, envelope: Uint8Array, expected: ExpectedReceipt): Receipt | null {
  let receipt: Receipt;
  try {
    receipt = openStatement(crypto, receiptStatement, envelope, expected.signKey).payload;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
  const chunks = chunkCount(expected.share.length);
  const isOurs =
    equalBytes(receipt.delivery, expected.delivery) &&
    equalBytes(receipt.share, expected.share.digest) &&
    receipt.chunks === chunks &&
    receipt.next <= chunks &&
    (!receipt.complete || receipt.next === chunks);
  return isOurs ? receipt : null;
}

/** Receipts as they come; a flood of them only ever holds this many. */
const MAX_WAITING = 32;

/** Hands receipts to the one delivery that waits for them. */
export class ReceiptQueue {
  readonly #waiting: Receipt[] = [];
  #wake: (() => void) | null = null;

  push(receipt: Receipt): void {
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(receipt);
    this.#wake?.();
  }

  /** The next receipt, or null once `until` settles. */
  async next(until: Promise<unknown>): Promise<Receipt | null> {
    if (this.#waiting.length === 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([woken, until]);
      this.#wake = null;
    }
    return this.#waiting.shift() ?? null;
  }
}

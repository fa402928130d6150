import type { Crypto } from "../../protocol/crypto.ts";
import {
  CHUNK_BYTES,
  CHUNK_WINDOW,
  chunkCount,
  inboxTopic,
  type OfferedShare,
  receiptTopic,
  sealChunk,
  sealOffer,
} from "../../protocol/delivery.ts";
import type { RecipientCard } from "../../protocol/statements/recipient-card.ts";
import { PublisherError } from "./errors.ts";
import type { BrokerSession, PublisherClock } from "./ports.ts";
import { ReceiptQueue, readReceipt } from "./receipts.ts";

/** A recipient that is there answers well within this. */
const ANSWER_MS = 15_000;
/** One that is not finds an offer in its inbox when it comes; more of them would only fill it. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** Over a whole share at once, however often its recipient has to begin again: lost chunks, a disk that failed, a crash. */
const FREE_TIMES = 4;

/** What one share has cost so far, over all connections. */
export interface DeliveryEffort {
  chunksSent: number;
}

/** Whether a recipient has asked for more than it can need: from then on it gets a window each ten minutes. */
export function isExcessive({ chunksSent }: DeliveryEffort, chunks: number): boolean {
  return chunksSent > FREE_TIMES * (chunks + CHUNK_WINDOW);
}

export interface DeliveryParts {
  readonly crypto: Crypto;
  readonly clock: PublisherClock;
  readonly session: BrokerSession;
  readonly card: RecipientCard;
  readonly delivery: Uint8Array;
  readonly share: OfferedShare;
  readonly read: (from: number, to: number) => Promise<Uint8Array>;
  /** Asked before anything is sent and before each window of chunks. */
  readonly objection: () => "revoked" | "void" | null;
  readonly onProgress: (next: number, chunks: number) => void;
  readonly effort: DeliveryEffort;
}

/**
 * Delivers over one connection: offers, sends from where the recipient's receipt says, and ends with its complete receipt.
 * @throws PublisherError `publisher/connection-lost`; the signal's reason.
 */
export async function deliver(parts: DeliveryParts, signal: AbortSignal): Promise<"delivered" | "revoked" | "void"> {
  const { crypto, session, card, delivery, share } = parts;
  const chunks = chunkCount(share.length);
  const topic = inboxTopic(card.inbox.id, delivery);
  const receipts = new ReceiptQueue();
  const expected = { delivery, share, signKey: card.signKey };
  await session.subscribe(receiptTopic(delivery), (payload) => {
    const receipt = readReceipt(crypto, payload, expected);
    if (receipt !== null) receipts.push(receipt);
  });

  const offer = () => session.publish(topic, sealOffer(crypto, card.boxKey, share));
  let sent: number | null = null;
  let acknowledged = -1;
  let waitMs = ANSWER_MS;
  for (;;) {
    const objection = parts.objection();
    if (objection !== null) return objection;
    if (sent === null) await offer();
    const receipt = await nextReceipt(receipts, parts, waitMs, signal);
    if (receipt === null) {
      sent = null;
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
      continue;
    }
    if (receipt.complete) return "delivered";
    parts.onProgress(receipt.next, chunks);
    waitMs = ANSWER_MS;
    // The same receipt again tells of a gap: from there on all is sent anew.
    const from: number = sent === null || receipt.next === acknowledged ? receipt.next : Math.max(sent, receipt.next);
    acknowledged = receipt.next;
    if (isExcessive(parts.effort, chunks)) await parts.clock.sleep(LONGEST_WAIT_MS, signal);
    const objectionToChunks = parts.objection();
    if (objectionToChunks !== null) return objectionToChunks;
    sent = await sendWindow(parts, topic, from, Math.min(acknowledged + CHUNK_WINDOW, chunks));
  }
}

async function sendWindow(
  { crypto, session, card, share, read, effort }: DeliveryParts,
  topic: string,
  from: number,
  end: number,
): Promise<number> {
  const published: Promise<void>[] = [];
  for (let index = from; index < end; index += 1) {
    const bytes = await read(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    const publishing = session.publish(topic, sealChunk(crypto, card.boxKey, share, index, bytes));
    publishing.catch(() => {}); // awaited below; a failure while a later chunk is read must not count as unhandled
    published.push(publishing);
    effort.chunksSent += 1;
  }
  await Promise.all(published);
  return Math.max(from, end);
}

/** Null when the recipient does not answer in time. */
async function nextReceipt(
  receipts: ReceiptQueue,
  { session, clock }: DeliveryParts,
  waitMs: number,
  signal: AbortSignal,
): ReturnType<ReceiptQueue["next"]> {
  const waiting = new AbortController();
  const timeout = clock.sleep(waitMs, AbortSignal.any([signal, waiting.signal])).then(
    () => "timeout" as const,
    () => "aborted" as const,
  );
  const ended = session.ended.then(() => "ended" as const);
  const end = Promise.race([timeout, ended]);
  const receipt = await receipts.next(end);
  if (receipt !== null) {
    waiting.abort();
    return receipt;
  }
  signal.throwIfAborted();
  const why = await end;
  waiting.abort();
  if (why === "ended") throw new PublisherError("publisher/connection-lost", "connection to the broker ended");
  return null;
}

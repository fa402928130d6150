import { equalBytes, fromHex } from "../protocol/bytes.ts";
import type { BoxKeyPair, Crypto } from "../protocol/crypto.ts";
import {
  CHUNK_BYTES,
  CHUNKS_PER_RECEIPT,
  type DeliveryMessage,
  type OfferedShare,
  openDelivery,
  receiptTopic,
} from "../protocol/delivery.ts";
import { type Signer, signStatement } from "../protocol/envelope.ts";
import { receiptStatement } from "../protocol/statements/receipt.ts";
import { inboxLogin, type RecipientSecrets, recipientBoxKey, recipientSigner } from "./card.ts";
import type { InboxBroker, InboxStorage } from "./recipient-ports.ts";

const DEFAULT_MAX_SHARE_BYTES = 512 * 1024 * 1024;
/** Anyone who has the card can offer, so what is under way is bounded. */
const MAX_DELIVERIES = 8;
/** A device has at most a window under way; what a flood sends beyond is dropped, and asked for again. */
const MAX_QUEUED_MESSAGES = 64;
/** A delivery whose bytes do not have the digest it promised is begun anew only so often. */
const MAX_SPOILT = 3;

export interface InboxEvents {
  /** After each receipt. `next` of `chunks` chunks are held. */
  readonly onProgress?: (delivery: string, next: number, chunks: number) => void;
  /** A share is whole, kept, and its receipt is signed. Nothing about it is verified yet. */
  readonly onShare?: (delivery: string) => void;
  /** Storage or broker failed; the device offers again, so nothing is lost. */
  readonly onError?: (error: unknown) => void;
}

export interface InboxPorts extends InboxEvents {
  readonly crypto: Crypto;
  readonly broker: InboxBroker;
  readonly storage: InboxStorage;
}

interface Delivery {
  share: OfferedShare;
  next: number;
  spoilt: number;
  toldOfGap: boolean;
}

/** Takes shares from an inbox: chunk by chunk into storage, with signed receipts, each delivery once. */
export class Inbox {
  readonly #ports: InboxPorts;
  readonly #topicFilter: string;
  readonly #inbox: string;
  readonly #boxKey: BoxKeyPair;
  readonly #signer: Signer;
  readonly #maxShareBytes: number;
  readonly #deliveries = new Map<string, Delivery>();
  #queued = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(secrets: RecipientSecrets, ports: InboxPorts, options: { readonly maxShareBytes?: number } = {}) {
    const { username, topicFilter } = inboxLogin(ports.crypto, secrets);
    this.#ports = ports;
    this.#inbox = username;
    this.#topicFilter = topicFilter;
    this.#boxKey = recipientBoxKey(ports.crypto, secrets);
    this.#signer = recipientSigner(ports.crypto, secrets);
    this.#maxShareBytes = options.maxShareBytes ?? DEFAULT_MAX_SHARE_BYTES;
  }

  /** Subscribes. After a reconnect call it again, or let the broker adapter resubscribe. */
  start(): Promise<void> {
    return this.#ports.broker.subscribe(this.#topicFilter, (topic, payload) => this.#enqueue(topic, payload));
  }

  /** Settles when every message that has arrived so far is dealt with. */
  idle(): Promise<void> {
    return this.#turn;
  }

  #enqueue(topic: string, payload: Uint8Array): void {
    if (this.#queued >= MAX_QUEUED_MESSAGES) return;
    this.#queued += 1;
    this.#turn = this.#turn
      .then(() => this.#receive(topic, payload))
      .catch((error: unknown) => this.#ports.onError?.(error))
      .finally(() => {
        this.#queued -= 1;
      });
  }

  async #receive(topic: string, payload: Uint8Array): Promise<void> {
    const match = /^in\/([0-9a-f]{32})\/([0-9a-f]{32})$/.exec(topic);
    const delivery = match?.[2];
    if (delivery === undefined || match?.[1] !== this.#inbox) return;
    const message = openDelivery(this.#ports.crypto, this.#boxKey, payload);
    if (message === null || message.share.length > this.#maxShareBytes) return;
    const receipt = await this.#ports.storage.receiptOf(delivery);
    if (receipt !== null) await this.#ports.broker.publish(receiptTopic(fromHex(delivery)), receipt);
    else await this.#take(delivery, message);
  }

  async #take(name: string, message: DeliveryMessage): Promise<void> {
    const delivery = await this.#deliveryOf(name, message.share);
    if (delivery === null || delivery.spoilt >= MAX_SPOILT) return;
    const { chunk, chunks } = message;
    if (chunk === null) {
      delivery.toldOfGap = false;
      return delivery.next === chunks ? this.#complete(name, delivery, chunks) : this.#tell(name, delivery, chunks);
    }
    if (chunk.index !== delivery.next) {
      const isFirstOfGap = chunk.index > delivery.next && !delivery.toldOfGap;
      delivery.toldOfGap ||= isFirstOfGap;
      return isFirstOfGap ? this.#tell(name, delivery, chunks) : undefined;
    }
    await this.#ports.storage.append(name, chunk.index * CHUNK_BYTES, chunk.bytes);
    delivery.next += 1;
    delivery.toldOfGap = false;
    if (delivery.next === chunks) await this.#complete(name, delivery, chunks);
    else if (delivery.next % CHUNKS_PER_RECEIPT === 0) await this.#tell(name, delivery, chunks);
  }

  /** Null for what contradicts the delivery under way. One too many drives out the one that was silent for longest. */
  async #deliveryOf(name: string, share: OfferedShare): Promise<Delivery | null> {
    const known = this.#deliveries.get(name);
    if (known !== undefined) {
      this.#deliveries.delete(name);
      this.#deliveries.set(name, known);
      return equalBytes(known.share.digest, share.digest) ? known : null;
    }
    const [silent] = this.#deliveries.keys();
    if (silent !== undefined && this.#deliveries.size >= MAX_DELIVERIES) {
      this.#deliveries.delete(silent);
      await this.#ports.storage.discard(silent);
    }
    const held = Math.min(await this.#ports.storage.held(name), share.length);
    const next = held === share.length ? Math.ceil(held / CHUNK_BYTES) : Math.floor(held / CHUNK_BYTES);
    const delivery: Delivery = { share, next, spoilt: 0, toldOfGap: false };
    this.#deliveries.set(name, delivery);
    return delivery;
  }

  async #complete(name: string, delivery: Delivery, chunks: number): Promise<void> {
    const { crypto, storage, broker, onProgress, onShare } = this.#ports;
    const pieces: Uint8Array[] = [];
    for await (const piece of storage.read(name)) pieces.push(piece);
    if (!equalBytes(crypto.sha256(...pieces), delivery.share.digest)) {
      await storage.discard(name);
      delivery.next = 0;
      delivery.spoilt += 1;
      return this.#tell(name, delivery, chunks);
    }
    const receipt = await this.#sign(name, delivery, chunks, true);
    await storage.finish(name, receipt);
    this.#deliveries.delete(name);
    onProgress?.(name, chunks, chunks);
    try {
      await broker.publish(receiptTopic(fromHex(name)), receipt);
    } finally {
      onShare?.(name); // last, for whoever ends the connection then
    }
  }

  async #tell(name: string, delivery: Delivery, chunks: number): Promise<void> {
    const receipt = await this.#sign(name, delivery, chunks, false);
    this.#ports.onProgress?.(name, delivery.next, chunks);
    await this.#ports.broker.publish(receiptTopic(fromHex(name)), receipt);
  }

  #sign(name: string, { share, next }: Delivery, chunks: number, complete: boolean): Promise<Uint8Array> {
    const receipt = { delivery: fromHex(name), share: share.digest, next, chunks, complete };
    return signStatement(this.#ports.crypto, receiptStatement, receipt, this.#signer);
  }
}

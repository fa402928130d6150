/** The link's channel: one key per direction and pair, a random nonce, and the counter inside the seal. */

import { concatBytes, readU32, readU64, u32, u64 } from "./bytes.ts";
import { BOX_OVERHEAD_BYTES, type Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";

const NONCE_BYTES = 24;
const HEADER_BYTES = 12;
/** Sizes on the wire say no more than how many of these a message needs. */
export const CHANNEL_BLOCK_BYTES = 4_096;
export const MAX_CHANNEL_BODY_BYTES = 1024 * 1024;
export const CHANNEL_OVERHEAD_BYTES = NONCE_BYTES + BOX_OVERHEAD_BYTES;
export const MAX_CHANNEL_MESSAGE_BYTES =
  CHANNEL_OVERHEAD_BYTES +
  Math.ceil((HEADER_BYTES + MAX_CHANNEL_BODY_BYTES) / CHANNEL_BLOCK_BYTES) * CHANNEL_BLOCK_BYTES;

/** How many counters a sender reserves on disk at a time. */
export const COUNTER_BLOCK = 1_024;

export interface ChannelMessage {
  readonly counter: number;
  readonly body: Uint8Array;
}

/** `nonce 24 · secretbox(counter 8 · length 4 · body · zeros)`, the sealed part a multiple of 4 KiB. */
export function sealMessage(crypto: Crypto, key: Uint8Array, counter: number, body: Uint8Array): Uint8Array {
  if (body.length > MAX_CHANNEL_BODY_BYTES) throw new RangeError(`message of ${body.length} bytes`);
  const used = HEADER_BYTES + body.length;
  const plain = new Uint8Array(Math.ceil(used / CHANNEL_BLOCK_BYTES) * CHANNEL_BLOCK_BYTES);
  plain.set(u64(counter));
  plain.set(u32(body.length), 8);
  plain.set(body, HEADER_BYTES);
  const nonce = crypto.randomBytes(NONCE_BYTES);
  return concatBytes(nonce, crypto.secretbox(plain, nonce, key));
}

/**
 * Opens a message without judging its counter.
 * @throws {@link ProtocolError} `channel/size`, `channel/open`, `channel/padding`, in this order.
 */
export function openMessage(crypto: Crypto, key: Uint8Array, message: Uint8Array): ChannelMessage {
  const plainLength = message.length - CHANNEL_OVERHEAD_BYTES;
  const isPossible = plainLength > 0 && plainLength % CHANNEL_BLOCK_BYTES === 0;
  if (!isPossible || message.length > MAX_CHANNEL_MESSAGE_BYTES) {
    throw new ProtocolError("channel/size", `message of ${message.length} bytes`);
  }
  const plain = crypto.openSecretbox(message.subarray(NONCE_BYTES), message.subarray(0, NONCE_BYTES), key);
  if (plain === null) throw new ProtocolError("channel/open", "message does not open under the pair's key");
  const length = readU32(plain, 8);
  const used = HEADER_BYTES + length;
  const isTight = Math.ceil(used / CHANNEL_BLOCK_BYTES) * CHANNEL_BLOCK_BYTES === plainLength;
  if (!isTight || plain.subarray(used).some((byte) => byte !== 0)) {
    throw new ProtocolError("channel/padding", "message with a wrong length or padding");
  }
  try {
    return { counter: readU64(plain, 0), body: plain.slice(HEADER_BYTES, used) };
  } catch (cause) {
    throw new ProtocolError("channel/padding", "message with an impossible counter", { cause });
  }
}

/** Gives each counter once, whatever happens to power. */
export interface SendCounter {
  reserve(): Promise<number>;
}

/** Reserves counters in blocks, so that the disk is written once in {@link COUNTER_BLOCK} messages. */
export class BlockCounter implements SendCounter {
  #next: number;
  #reservedUpTo: number;
  #reserving: Promise<void> = Promise.resolve();
  readonly #persist: (reservedUpTo: number) => Promise<void>;

  /**
   * @param reservedUpTo - What was persisted last, 0 at first: everything below counts as used.
   * @param persist - Returns once the number would survive a power cut.
   */
  constructor(reservedUpTo: number, persist: (reservedUpTo: number) => Promise<void>) {
    this.#next = reservedUpTo;
    this.#reservedUpTo = reservedUpTo;
    this.#persist = persist;
  }

  async reserve(): Promise<number> {
    const counter = this.#next;
    this.#next += 1;
    const turn = this.#reserving.then(async () => {
      if (counter < this.#reservedUpTo) return;
      const upTo = counter + COUNTER_BLOCK;
      await this.#persist(upTo);
      this.#reservedUpTo = upTo;
    });
    this.#reserving = turn.catch(() => undefined);
    await turn;
    return counter;
  }

  /** Leaves the rest of the block unused, so that what comes next does not tell how many messages there were. */
  abandonBlock(): void {
    this.#next = Math.max(this.#next, this.#reservedUpTo);
  }
}

/** The receiving side: takes a message only if its counter is above all before. */
export class ChannelReceiver {
  readonly #crypto: Crypto;
  readonly #key: Uint8Array;
  #accepted: number;

  /** @param accepted - Highest counter ever accepted; -1 before the first. The caller keeps it over restarts. */
  constructor(crypto: Crypto, key: Uint8Array, accepted: number) {
    this.#crypto = crypto;
    this.#key = key;
    this.#accepted = accepted;
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** @throws {@link ProtocolError} as {@link openMessage}, then `channel/replay`. */
  receive(message: Uint8Array): Uint8Array {
    const { counter, body } = openMessage(this.#crypto, this.#key, message);
    if (counter <= this.#accepted) throw new ProtocolError("channel/replay", `counter ${counter} did not rise`);
    this.#accepted = counter;
    return body;
  }
}

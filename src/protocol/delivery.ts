/**
 * A share on its way to a recipient's inbox: offered, then sent in chunks, each message sealed to the recipient.
 * Plain: `kind 1 · chunk index 4 · chunks 4 · share length 8 · SHA-256(share) 32 · bytes`; an offer has no bytes.
 */

import { concatBytes, readU32, readU64, toHex, u32, u64 } from "./bytes.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { ownHash } from "./hash.ts";
import { openSealed, SEAL_OVERHEAD_BYTES, sealTo } from "./sealed-message.ts";

export const CHUNK_BYTES = 128 * 1024;
/** Chunks that may be under way before a receipt must come. */
export const CHUNK_WINDOW = 8;
/** A recipient sends a receipt after so many chunks, at the end, and for every offer. */
export const CHUNKS_PER_RECEIPT = 4;

const HEADER_BYTES = 1 + 4 + 4 + 8 + 32;
export const MAX_DELIVERY_MESSAGE_BYTES = HEADER_BYTES + CHUNK_BYTES + SEAL_OVERHEAD_BYTES;

const OFFER = 0;
const CHUNK = 1;

/** What is being delivered; every message of a delivery says it again, so a recipient may join anywhere. */
export interface OfferedShare {
  /** Bytes. */
  readonly length: number;
  readonly digest: Uint8Array;
}

export interface DeliveryMessage {
  readonly share: OfferedShare;
  readonly chunks: number;
  /** Null in an offer. */
  readonly chunk: { readonly index: number; readonly bytes: Uint8Array } | null;
}

export const chunkCount = (shareLength: number): number => Math.ceil(shareLength / CHUNK_BYTES);

function header(kind: number, index: number, { length, digest }: OfferedShare): Uint8Array {
  return concatBytes(Uint8Array.of(kind), u32(index), u32(chunkCount(length)), u64(length), digest);
}

export const sealOffer = (crypto: Crypto, boxKey: Uint8Array, share: OfferedShare): Uint8Array =>
  sealTo(crypto, boxKey, header(OFFER, 0, share));

export const sealChunk = (
  crypto: Crypto,
  boxKey: Uint8Array,
  share: OfferedShare,
  index: number,
  bytes: Uint8Array,
): Uint8Array => sealTo(crypto, boxKey, concatBytes(header(CHUNK, index, share), bytes));

/** Null for anything that is not a message of this protocol sealed to this recipient; it proves nothing about the sender. */
export function openDelivery(crypto: Crypto, boxKey: BoxKeyPair, message: Uint8Array): DeliveryMessage | null {
  if (message.length > MAX_DELIVERY_MESSAGE_BYTES) return null;
  const plain = openSealed(crypto, boxKey, message);
  if (plain === null || plain.length < HEADER_BYTES || readU32(plain, 9) > 0x1f_ffff) return null;
  const [kind, index, chunks, length] = [plain[0], readU32(plain, 1), readU32(plain, 5), readU64(plain, 9)];
  const share: OfferedShare = { length, digest: plain.slice(17, HEADER_BYTES) };
  const bytes = plain.subarray(HEADER_BYTES);
  if (length === 0 || chunks !== chunkCount(length)) return null;
  if (kind === OFFER) return index === 0 && bytes.length === 0 ? { share, chunks, chunk: null } : null;
  const wanted = Math.min(CHUNK_BYTES, length - index * CHUNK_BYTES);
  return kind === CHUNK && bytes.length === wanted ? { share, chunks, chunk: { index, bytes } } : null;
}

export const inboxTopic = (inbox: Uint8Array, delivery: Uint8Array): string => `in/${toHex(inbox)}/${toHex(delivery)}`;
export const receiptTopic = (delivery: Uint8Array): string => `rc/${toHex(delivery)}`;

/** Whoever knows the secret may read the inbox; the id, which stands in the card, only lets write to it. */
export const inboxId = (crypto: Crypto, inboxSecret: Uint8Array): Uint8Array =>
  ownHash(crypto, "inbox", inboxSecret).slice(0, 16);

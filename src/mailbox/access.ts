import { fromBase64url, toHex } from "../protocol/bytes.ts";
import { inboxId } from "../protocol/delivery.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { portableCrypto } from "../protocol/portable-crypto.ts";

/** Who a connection is: the reader of one inbox, or anybody (a doorbell). */
export type Visitor = { readonly kind: "reader"; readonly inbox: string } | { readonly kind: "anybody" };

const INBOX_TOPIC = /^in\/[0-9a-f]{32}\/[0-9a-f]{32}$/;
const RECEIPT_TOPIC = /^rc\/[0-9a-f]{32}$/;
const SECRET_BYTES = 32;

/** One chunk, sealed, with room for the topic. */
export const MAX_MESSAGE_BYTES = 256 * 1024;
/** A signed statement. */
const MAX_RECEIPT_BYTES = 16 * 1024;

/**
 * The id of an inbox is a hash of its secret, so the mailbox needs no list of users: whoever shows the secret may read.
 * @returns Null when username and password do not belong together.
 */
export function visitorOf(username: string | undefined, password: Uint8Array | undefined): Visitor | null {
  if (username === undefined && password === undefined) return { kind: "anybody" };
  if (username === undefined || password === undefined || password.length > 64) return null;
  try {
    const secret = fromBase64url(new TextDecoder().decode(password));
    const matches = secret.length === SECRET_BYTES && toHex(inboxId(portableCrypto, secret)) === username;
    return matches ? { kind: "reader", inbox: username } : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Topics are compared whole; the one wildcard there is covers a reader's own inbox. */
export function maySubscribe(visitor: Visitor, filter: string): boolean {
  return visitor.kind === "reader" ? filter === `in/${visitor.inbox}/+` : RECEIPT_TOPIC.test(filter);
}

export function mayPublish(visitor: Visitor, topic: string, bytes: number): boolean {
  return visitor.kind === "reader"
    ? RECEIPT_TOPIC.test(topic) && bytes <= MAX_RECEIPT_BYTES
    : INBOX_TOPIC.test(topic) && bytes <= MAX_MESSAGE_BYTES;
}

/** A message that reaches a connection must be one that it may ask for, also when it comes out of a kept session. */
export function mayReceive(visitor: Visitor, topic: string): boolean {
  if (visitor.kind === "anybody") return RECEIPT_TOPIC.test(topic);
  return INBOX_TOPIC.test(topic) && topic.startsWith(`in/${visitor.inbox}/`);
}

export const inboxOf = (topic: string): string => topic.slice(3, 35);

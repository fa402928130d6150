import { readCard } from "../../owner/make-consent.ts";
import { fromBase64url, toHex, utf8 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";

/** A recipient whose card was read and is signed by its own key. The name is their own word. */
export interface Recipient {
  readonly envelope: Uint8Array;
  readonly name: string;
  readonly inbox: string;
  /** Hex. */
  readonly digest: string;
}

const PREFIX = "doorward-card:";

/**
 * Reads a card from what a person can hand over: the file's own text, `doorward-card:` and base64url of it, or a link
 * with that behind its #. Null when it is none, or was changed.
 */
export function readRecipient(crypto: Crypto, text: string): Recipient | null {
  try {
    const given = text.trim().replace(/^https?:\/\/\S*#(?=doorward-card:)/, "");
    return recipientOf(crypto, given.startsWith(PREFIX) ? fromBase64url(given.slice(PREFIX.length)) : utf8(given));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Null for what is no card, or was changed. */
export function recipientOf(crypto: Crypto, envelope: Uint8Array): Recipient | null {
  try {
    const { card, digest } = readCard(crypto, envelope);
    return { envelope, name: card.name, inbox: card.inbox.url, digest: toHex(digest) };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

import { fromUtf8, toBase64url, toHex } from "../protocol/bytes.ts";
import { decodeJson, encodeJson } from "../protocol/canonical-json.ts";
import type { BoxKeyPair, Crypto } from "../protocol/crypto.ts";
import { inboxId } from "../protocol/delivery.ts";
import { openSelfSigned, type Signer, seedSigner, signStatement } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { bytes, literal, object, type ValueOf } from "../protocol/shape.ts";
import { type RecipientCard, recipientCardStatement } from "../protocol/statements/recipient-card.ts";
import { RecipientError } from "./errors.ts";

const secretsShape = object({
  /** Seed of the Ed25519 key that signs card and receipts. */
  signSeed: bytes(32),
  /** X25519 secret: opens grants and deliveries. */
  boxSecret: bytes(32),
  /** Password of the inbox at its broker. */
  inboxSecret: bytes(32),
  version: literal("doorward-recipient-1"),
});

/** Whoever has these opens every share made for the card: keep them like a password. */
export type RecipientSecrets = ValueOf<typeof secretsShape>;

export interface NewCard {
  /** Display only; at most 120 code points. */
  readonly name: string;
  /** Broker of the inbox. */
  readonly url: string;
  /** PEM of the CA that signs the broker's certificate; null: the public ones. */
  readonly ca: string | null;
}

export interface CheckedCard {
  readonly card: RecipientCard;
  /** Names the recipient in consents and releases. */
  readonly digest: Uint8Array;
}

/** @throws ProtocolError `json/shape` when name, URL or CA are not what a card carries. */
export async function createCard(
  crypto: Crypto,
  newCard: NewCard,
): Promise<{ readonly card: Uint8Array; readonly secrets: RecipientSecrets }> {
  const secrets: RecipientSecrets = {
    signSeed: crypto.randomBytes(32),
    boxSecret: crypto.randomBytes(32),
    inboxSecret: crypto.randomBytes(32),
    version: "doorward-recipient-1",
  };
  return { card: await signCard(crypto, newCard, secrets), secrets };
}

/** A card for keys that are there already: another name or broker. It has another digest, so a consent names one of them. */
export function signCard(crypto: Crypto, { name, url, ca }: NewCard, secrets: RecipientSecrets): Promise<Uint8Array> {
  const signer = recipientSigner(crypto, secrets);
  const card: RecipientCard = {
    name,
    signKey: signer.publicKey,
    boxKey: recipientBoxKey(crypto, secrets).publicKey,
    inbox: { url, ca, id: inboxId(crypto, secrets.inboxSecret) },
  };
  return signStatement(crypto, recipientCardStatement, card, signer);
}

/** @throws {@link RecipientError} `recipient/card-damaged` unless it is a card that its own key signed. */
export function checkCard(crypto: Crypto, envelope: Uint8Array): CheckedCard {
  try {
    const { payload, digest } = openSelfSigned(crypto, recipientCardStatement, envelope, ({ signKey }) => signKey);
    return { card: payload, digest };
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new RecipientError("recipient/card-damaged", "not a recipient's card", { cause });
  }
}

export const recipientSigner = (crypto: Crypto, { signSeed }: RecipientSecrets): Signer => seedSigner(crypto, signSeed);

export const recipientBoxKey = (crypto: Crypto, { boxSecret }: RecipientSecrets): BoxKeyPair =>
  crypto.boxKeyFromSecret(boxSecret);

/** Login and topic of the own inbox at its broker. */
export function inboxLogin(
  crypto: Crypto,
  { inboxSecret }: RecipientSecrets,
): { readonly username: string; readonly password: string; readonly topicFilter: string } {
  const username = toHex(inboxId(crypto, inboxSecret));
  return { username, password: toBase64url(inboxSecret), topicFilter: `in/${username}/+` };
}

export const encodeSecrets = (secrets: RecipientSecrets): string => fromUtf8(encodeJson(secretsShape.write(secrets)));

/** @throws {@link RecipientError} `recipient/keys-damaged`. */
export function decodeSecrets(text: Uint8Array): RecipientSecrets {
  try {
    return secretsShape.read(decodeJson(text));
  } catch (cause) {
    throw new RecipientError("recipient/keys-damaged", "not a recipient's keys", { cause });
  }
}

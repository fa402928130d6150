import type { StatementKind } from "../envelope.ts";
import { HIDDEN_CHARACTER } from "../hidden-characters.ts";
import { bytes, nullable, object, text, type ValueOf, where } from "../shape.ts";

const BROKER_URL = /^(?:mqtts?|wss?):\/\/[\x21-\x7E]+$/;

const shape = object({
  /** For display only; proves nothing. */
  name: where(text(120), (name) => !HIDDEN_CHARACTER.test(name), "name with hidden characters"),
  /** Ed25519: signs this card and receipts. */
  signKey: bytes(32),
  /** X25519: grants and deliveries are sealed to it. */
  boxKey: bytes(32),
  inbox: object({
    /** mqtt, mqtts, ws or wss URL of the delivery broker. */
    url: where(text(512), (url) => BROKER_URL.test(url), "not a broker URL"),
    /** PEM certificate of the CA to trust for it; null: the system's. */
    ca: nullable(text(8_192)),
    id: bytes(16),
  }),
});

/** Who receives, and where; signed by its own `signKey`. Its statement digest names the recipient everywhere. */
export type RecipientCard = ValueOf<typeof shape>;

export const recipientCardStatement: StatementKind<RecipientCard> = { kind: "recipient-card", shape };

/** `doorward/recipient`: card, inbox, verification and opening of shares; unchanged in Node and browser. */

export { portableCrypto } from "../protocol/portable-crypto.ts";
export {
  type CheckedCard,
  checkCard,
  createCard,
  decodeSecrets,
  encodeSecrets,
  inboxLogin,
  type NewCard,
  type RecipientSecrets,
  signCard,
} from "./card.ts";
export { RecipientError, type RecipientErrorCode } from "./errors.ts";
export { Inbox, type InboxEvents, type InboxPorts } from "./inbox.ts";
export { type OpenedShare, openShare } from "./open-share.ts";
export type { InboxBroker, InboxStorage } from "./recipient-ports.ts";
export type { FailedVerdict, Failure, OkVerdict, Verdict } from "./verdict.ts";
export { type VerifyOptions, verifyShare } from "./verify-share.ts";

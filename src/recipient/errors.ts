import { CodedError } from "../protocol/errors.ts";

/** What each error of a recipient means and what to do. A share that fails its checks is no error but a verdict. */
export const recipientErrors = {
  "recipient/keys-damaged":
    "The recipient's keys cannot be read: restore them from a copy; a new card has to be handed out otherwise.",
  "recipient/card-damaged":
    "This is not a recipient's card, or it was changed on its way: ask the recipient for it again.",
  "recipient/not-ok": "The share did not pass its checks, so it is not opened: see the verdict.",
} as const;

export type RecipientErrorCode = keyof typeof recipientErrors;

export class RecipientError extends CodedError<RecipientErrorCode> {
  override readonly name = "RecipientError";
}

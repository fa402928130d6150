import { CodedError } from "../../protocol/errors.ts";

/** What each error of the consent desk means and what to do. Refusals are no errors: see `refusalReasons`. */
export const consentErrors = {
  "consent/pending-damaged":
    "pending.bin cannot be read: consents that waited in it are void; move the file aside and let the owners sign again.",
  "consent/not-started": "The consent desk is not started.",
} as const;

export type ConsentErrorCode = keyof typeof consentErrors;

export class ConsentError extends CodedError<ConsentErrorCode> {
  override readonly name = "ConsentError";
}

import type { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
import type { ConsentSubmission } from "../../owner/make-consent.ts";
import type { ResultOf } from "../../protocol/link-ops.ts";
import { AppError } from "./errors.ts";
import type { Home } from "./home.ts";

/**
 * Whether the doorbell can accept a signature now. To be asked before one is made.
 * @throws AppError `app/doorbell-clock`.
 */
export async function expectClock(home: Home, doorbell: Doorbell): Promise<void> {
  if (home.status.value?.clockSynced !== false) return;
  await home.refresh(doorbell); // it may have been set since
  if (!home.status.value.clockSynced) throw new AppError("app/doorbell-clock", "the doorbell does not know the time");
}

/**
 * Hands a signed consent to the doorbell, which answers nothing to one that it does not take.
 * @throws AppError `app/consent-refused`: it answered the questions before, so it is there. @throws OwnerError.
 */
export async function submitConsent(doorbell: Doorbell, submission: ConsentSubmission): Promise<ResultOf<"consent">> {
  try {
    return await doorbell.submit(submission);
  } catch (error) {
    if (!(error instanceof OwnerError) || error.code !== "owner/no-answer") throw error;
    throw new AppError("app/consent-refused", "the doorbell did not take the consent", { cause: error });
  }
}

import type { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
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
 * Hands a signed consent to the doorbell, which answers nothing to one that it does not take. An answer can also get lost,
 * and the share leaves all the same: so without one the doorbell is asked for its shares.
 * @param isTaken - Whether the list of shares, just brought up to date, says so.
 * @returns `unknown`: there was no answer, and the doorbell cannot be asked now.
 * @throws AppError `app/consent-refused`: it was asked, and has not taken it.
 */
export async function submitConsent(
  home: Home,
  submit: () => Promise<unknown>,
  isTaken: () => boolean,
): Promise<"taken" | "unknown"> {
  try {
    await submit();
    return "taken";
  } catch (error) {
    if (!(error instanceof OwnerError)) throw error;
    const isAsked = await home.refreshShares().then(
      () => true,
      () => false,
    );
    if (!isAsked) return "unknown";
    if (isTaken()) return "taken";
    throw new AppError("app/consent-refused", "the doorbell did not take the consent", { cause: error });
  }
}

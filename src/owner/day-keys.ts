import { fromBase64url, toBase64url } from "../protocol/bytes.ts";
import type { BoxKeyPair, Crypto } from "../protocol/crypto.ts";
import { dayBoxKey, dayKey, nextDay } from "../protocol/day-chain.ts";
import { DAY_KEYS_AHEAD } from "../protocol/link-ops.ts";
import { OwnerError } from "./errors.ts";
import type { DayChainState } from "./owner-state.ts";

const MS_PER_DAY = 86_400_000;
/** A wrap names its day, and anybody may have written it: do not follow the chain for ever. */
const MAX_DAYS_FORWARD = 3_660;

export const dayOf = (unixMs: number): number => Math.floor(unixMs / MS_PER_DAY);

/** The box key of a day, or null for a day that is forgotten or lies absurdly far ahead. */
export function boxKeyOfDay(crypto: Crypto, days: DayChainState, day: number): BoxKeyPair | null {
  if (day < days.firstDay || day > days.firstDay + MAX_DAYS_FORWARD) return null;
  return dayBoxKey(crypto, dayKey(crypto, fromBase64url(days.secret), days.firstDay, day));
}

export interface DayKeyUpload {
  readonly firstDay: number;
  readonly keys: readonly Uint8Array[];
}

/** Public keys of today and of 120 days ahead. */
export function planDayKeys(crypto: Crypto, days: DayChainState, today: number): DayKeyUpload {
  const firstDay = Math.max(today, days.firstDay);
  let chainKey = dayKey(crypto, fromBase64url(days.secret), days.firstDay, firstDay);
  const keys = Array.from({ length: DAY_KEYS_AHEAD + 1 }, () => {
    const { publicKey } = dayBoxKey(crypto, chainKey);
    chainKey = nextDay(crypto, chainKey);
    return publicKey;
  });
  return { firstDay, keys };
}

/** Whether the device's keys cover less than the 120 days by more than a week. */
export function isUploadDue(days: DayChainState, today: number): boolean {
  return days.uploadedThrough === null || days.uploadedThrough < today + DAY_KEYS_AHEAD - 7;
}

/** To be saved only after the device has taken the upload. */
export function afterUpload(days: DayChainState, { firstDay, keys }: DayKeyUpload): DayChainState {
  return { ...days, uploadedThrough: Math.max(days.uploadedThrough ?? 0, firstDay + keys.length - 1) };
}

/**
 * Deletes the keys of all days before `day`: from then on nothing of this owner opens them, whatever copies of the card exist.
 * @throws OwnerError `owner/upload-first`: a clip without a key for its day is wrapped to the last uploaded one.
 */
export function forgetDaysBefore(crypto: Crypto, days: DayChainState, day: number): DayChainState {
  if (day <= days.firstDay) return days;
  if (days.uploadedThrough === null || day > days.uploadedThrough) {
    throw new OwnerError(
      "owner/upload-first",
      `the doorbell has keys up to day ${days.uploadedThrough ?? "none"} only`,
    );
  }
  const secret = toBase64url(dayKey(crypto, fromBase64url(days.secret), days.firstDay, day));
  return { ...days, firstDay: day, secret };
}

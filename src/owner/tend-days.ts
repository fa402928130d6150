import type { Crypto } from "../protocol/crypto.ts";
import { afterUpload, forgetDaysBefore, isUploadDue, planDayKeys } from "./day-keys.ts";
import type { Doorbell } from "./doorbell.ts";
import type { OwnerStore } from "./owner-store.ts";

/** Near midnight, and by clocks that are right, two ends can be a day apart. */
const DAYS_APART = 1;

export interface TendedDays {
  /** UTC day number by this end's clock. */
  readonly today: number;
  /** By the doorbell's, as `status` tells; null while it does not know the time. */
  readonly doorbellDay: number | null;
  /** Days that clips stay on the device; keys of older days are deleted. */
  readonly retentionDays: number;
}

/**
 * Uploads day keys when fewer than about 120 days are ahead, and forgets days out of retention. To be called whenever
 * the app has a connection. Deleting a key cannot be undone, so it takes two clocks that agree: a clock that runs ahead
 * loses nothing, and a doorbell that lies about its day can delay a deletion, and nothing else.
 * @returns `clocks-differ`: nothing was uploaded and nothing deleted.
 */
export async function tendDays(
  crypto: Crypto,
  store: OwnerStore,
  doorbell: Pick<Doorbell, "ask">,
  { today, doorbellDay, retentionDays }: TendedDays,
): Promise<"tended" | "clocks-differ"> {
  if (doorbellDay !== null && Math.abs(doorbellDay - today) > DAYS_APART) return "clocks-differ";
  const { days } = await store.read();
  if (isUploadDue(days, today)) {
    const upload = planDayKeys(crypto, days, today);
    await doorbell.ask("day-keys", upload);
    await store.update((state) => ({ ...state, days: afterUpload(state.days, upload) }));
  }
  if (doorbellDay === null) return "tended";
  await store.update((state) => {
    const before = Math.min(today - retentionDays, state.days.uploadedThrough ?? 0);
    const kept = forgetDaysBefore(crypto, state.days, before);
    return kept === state.days ? state : { ...state, days: kept };
  });
  return "tended";
}

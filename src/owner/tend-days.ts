import type { Crypto } from "../protocol/crypto.ts";
import { afterUpload, forgetDaysBefore, isUploadDue, planDayKeys } from "./day-keys.ts";
import type { Doorbell } from "./doorbell.ts";
import type { OwnerStore } from "./owner-store.ts";

/**
 * Uploads day keys when fewer than about 120 days are ahead, and forgets days out of retention. To be called whenever
 * the app has a connection.
 * @param today - UTC day number.
 * @param retentionDays - Days that clips stay on the device; keys of older days are deleted.
 */
export async function tendDays(
  crypto: Crypto,
  store: OwnerStore,
  doorbell: Pick<Doorbell, "ask">,
  today: number,
  retentionDays: number,
): Promise<void> {
  const { days } = await store.read();
  if (isUploadDue(days, today)) {
    const upload = planDayKeys(crypto, days, today);
    await doorbell.ask("day-keys", upload);
    await store.update((state) => ({ ...state, days: afterUpload(state.days, upload) }));
  }
  await store.update((state) => {
    const before = Math.min(today - retentionDays, state.days.uploadedThrough ?? 0);
    const kept = forgetDaysBefore(crypto, state.days, before);
    return kept === state.days ? state : { ...state, days: kept };
  });
}

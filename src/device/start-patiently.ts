import type { Clock } from "./platform/clock.ts";
import { codeOf } from "./platform/error-code.ts";
import type { Log } from "./platform/logger.ts";
import type { Startable } from "./retried-part.ts";

const ATTEMPTS = 4;
const PAUSE_MS = 2000;
/** May pass by itself: at boot udev gives a pin to its group a moment after it has appeared; a program that holds one may end. */
const MAY_PASS = "gpio/pin-refused";

/**
 * Starts the doorbell, and tries a few times more where a pin is refused.
 * @throws What the last attempt threw.
 */
export async function startPatiently(
  device: Pick<Startable, "start">,
  { clock, log }: { readonly clock: Pick<Clock, "sleep">; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await device.start(signal);
    } catch (error) {
      if (codeOf(error) !== MAY_PASS || attempt === ATTEMPTS) throw error;
      log.debug("pin refused, trying again", { attempt });
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

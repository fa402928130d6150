import { makeSystemClock } from "../device/platform/clock.ts";
import { makeSupervisor } from "../device/platform/sd-notify.ts";
import { untilStopped } from "./until-stopped.ts";

/** For servers whose unit has Type=notify: tells systemd that the server is up, and pings its watchdog until the end is asked for. */
export async function serveUntilStopped(signal: AbortSignal): Promise<void> {
  const supervisor = makeSupervisor();
  const stopWatching = supervisor.watch(makeSystemClock(), () => true);
  supervisor.ready("serving");
  await untilStopped(signal);
  stopWatching();
  supervisor.stopping();
}

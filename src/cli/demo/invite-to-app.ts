import { setTimeout as sleep } from "node:timers/promises";
import { pairingLink } from "../../protocol/pairing-handshake.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { changeHousehold } from "../household-changing.ts";
import { qrForTerminal } from "../qr.ts";
import type { Narrator } from "./narrator.ts";
import { silentInvocation } from "./silent-invocation.ts";

const LOOK_EVERY_MS = 1000;

/**
 * The demo's owner invites a browser, and lets in as an owner whoever comes: it is a demonstration, on loopback.
 * @returns What ends the waiting.
 */
export async function inviteToApp(
  home: string,
  origin: string,
  narrator: Narrator,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const end = new AbortController();
  const invocation = silentInvocation(home, AbortSignal.any([signal, end.signal]));
  let told = (): void => {};
  const shown = new Promise<void>((resolve) => {
    told = resolve;
  });
  const letIn = withDoorbell(invocation, async (session) => {
    const { qr } = (await session.doorbell.ask("invite", {})).result;
    const link = pairingLink(origin, qr);
    if (narrator.isForPeople) narrator.plain(`\n${qrForTerminal(link, false)}`);
    narrator.plain(`Pair: ${link}\n`);
    told();
    for (;;) {
      const household = await session.doorbell.household();
      const [newcomer] = household.waiting;
      if (newcomer !== undefined) {
        await changeHousehold(session, household, { member: newcomer, role: "owner" });
        narrator.plain("     A browser has paired and is an owner of this doorbell now.");
        return;
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: invocation.signal });
    }
  }).catch((error: unknown) => {
    if (!invocation.signal.aborted) narrator.say(`No browser can pair: ${String(error)}`);
  });
  await Promise.race([shown, letIn]);
  return async () => {
    end.abort();
    await letIn;
  };
}

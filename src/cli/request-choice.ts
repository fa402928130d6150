import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { type HomeRequest, requestsFor } from "../owner/requests/match.ts";
import { chooseByHex } from "./clip-choice.ts";
import type { Invocation } from "./definition.ts";
import type { DoorbellSession } from "./doorbell-session.ts";
import { CliError } from "./errors.ts";
import { syncOwner, tellTrouble } from "./syncing.ts";

/** The request that `text` names, among those that concern this home now. All is fetched first, whichever it is. */
export async function findRequest(
  invocation: Invocation,
  session: DoorbellSession,
  text: string | undefined,
): Promise<HomeRequest> {
  const nowMs = Date.now();
  const synced = await syncOwner(invocation, session, nowMs);
  tellTrouble(invocation.terminal, synced);
  const { place } = await session.store.read();
  if (place === undefined) {
    throw new CliError("cli/not-found", "this home has no place yet, so no request concerns it", {
      hint: "`doorward owner place --at LATITUDE,LONGITUDE` sets it; only this folder knows it.",
    });
  }
  const found = requestsFor(nodeCrypto, synced, place, Math.floor(nowMs / 1000));
  return chooseByHex(found, ({ digest }) => digest, text, "request");
}

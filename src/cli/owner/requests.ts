import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { requestsFor } from "../../owner/requests/match.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { EXIT } from "../errors.ts";
import { requestJson, requestText } from "../request-words.ts";
import { registersJson, syncOwner, tellTrouble, troubleExit } from "../syncing.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const nowMs = Date.now();
    const synced = await syncOwner(invocation, session, nowMs);
    tellTrouble(terminal, synced);
    const { place } = await session.store.read();
    const found = place === undefined ? [] : requestsFor(nodeCrypto, synced, place, Math.floor(nowMs / 1000));
    for (const request of found) terminal.say(`${requestText(request)}\n`);
    const exit = troubleExit(synced);
    terminal.say(closing(synced.registers.length, place !== undefined, found.length, exit !== EXIT.ok));
    const json = { ok: exit === 0, registers: registersJson(synced), requests: found.map(requestJson) };
    return { json, exit };
  });
}

function closing(registers: number, hasPlace: boolean, count: number, isTrouble: boolean): string {
  if (registers === 0) return "No register is followed: `doorward owner register add`.";
  if (!hasPlace) return "This home has no place yet, so no request can concern it:\n  doorward owner place --at …";
  if (count === 0 && isTrouble) return "Whether anybody asks cannot be told now.";
  if (count === 0) return "Nobody asks for anything around your home.";
  return [
    "To share something of a clip:",
    "  doorward owner requests answer REQUEST CLIP --seconds FROM-TO",
    "To do nothing is an answer that nobody sees.",
  ].join("\n");
}

import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { findRequest } from "../request-choice.ts";
import { requestDetails, requestJson, requestText } from "../request-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const found = await findRequest(invocation, session, args[0]);
    terminal.say(requestText(found));
    terminal.say(requestDetails(found));
    return { json: { ok: true, ...requestJson(found), digest: toHex(found.digest) } };
  });
}

import { equalBytes } from "../../protocol/bytes.ts";
import { cardEnvelopeOf } from "../../protocol/register/statements/request.ts";
import { chooseClip } from "../clip-choice.ts";
import { readExpiry, readPurpose, readSeconds } from "../consent-wish.ts";
import { consentToShare } from "../consenting.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { findRequest } from "../request-choice.ts";
import { requestText } from "../request-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal } = invocation;
  const secondsText = options.needed("seconds");
  const seconds = readSeconds(secondsText);
  const expires = Math.floor(Date.now() / 1000) + readExpiry(options.needed("expires"));
  const purpose = readPurpose(options);
  return withDoorbell(invocation, async (session) => {
    const found = await findRequest(invocation, session, args[0]);
    const { clip } = await chooseClip(session.doorbell, args[1]);
    terminal.note(`${requestText(found)}\n`);
    if (!found.clips.some((matching) => equalBytes(matching.clip, clip))) {
      terminal.note("This clip is not from the time that was asked for.\n");
    }
    const because = { basis: "voluntary", request: found.digest } as const;
    const card = cardEnvelopeOf(found.request);
    return consentToShare(invocation, session, { clip, seconds, secondsText, card, because, purpose, expires });
  });
}

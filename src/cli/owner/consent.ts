import { chooseClip } from "../clip-choice.ts";
import { readBasis, readCardFile, readExpiry, readPurpose, readSeconds } from "../consent-wish.ts";
import { consentToShare } from "../consenting.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options } = invocation;
  const secondsText = options.needed("seconds");
  const seconds = readSeconds(secondsText);
  const expires = Math.floor(Date.now() / 1000) + readExpiry(options.needed("expires"));
  const basis = readBasis(options.needed("basis"));
  const purpose = readPurpose(options);
  const card = await readCardFile(options.needed("to"));
  return withDoorbell(invocation, async (session) => {
    const { clip } = await chooseClip(session.doorbell, args[0]);
    return consentToShare(invocation, session, {
      clip,
      seconds,
      secondsText,
      card,
      because: { basis },
      purpose,
      expires,
    });
  });
}

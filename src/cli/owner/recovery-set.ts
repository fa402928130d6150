import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { sealDays, signRecovery } from "../../owner/recovery.ts";
import { toBase64url } from "../../protocol/bytes.ts";
import { encodeParts } from "../../protocol/link-ops.ts";
import { RECOVERY_ENTROPY_BYTES } from "../../protocol/recovery-keys.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { wordsOf } from "../recovery-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const isRemoved = options.flag("remove");
  const withFootage = options.flag("footage");
  return withDoorbell(invocation, async ({ doorbell, deviceKey, signer, store }) => {
    const { state } = await doorbell.household();
    const entropy = isRemoved ? null : nodeCrypto.randomBytes(RECOVERY_ENTROPY_BYTES);
    const envelope = await signRecovery(nodeCrypto, signer, { device: deviceKey, household: state, entropy });
    const { days } = await store.read();
    const sealedDays = withFootage && entropy !== null ? toBase64url(sealDays(nodeCrypto, entropy, days)) : null;
    const { missing } = (await doorbell.ask("recovery-register", { sealedDays }, encodeParts([envelope]))).result;
    if (entropy === null) {
      terminal.say(missing === 0 ? "No words can claim this doorbell any more." : waitingText(missing));
      return { json: { ok: true, words: null, missing } };
    }
    const words = wordsOf(entropy);
    terminal.say("Write these down and keep them apart from your phone. They are shown once:\n");
    terminal.say(`    ${words}\n`);
    terminal.say(
      "Whoever has them and can hold the button inside becomes an owner after 72 hours, unless an owner says no.",
    );
    terminal.say(
      withFootage
        ? "They also open footage from today on, also after your phone has forgotten its key: erasing by forgetting no longer holds against them."
        : "They open no footage: --footage would add that.",
    );
    if (missing > 0) terminal.say(waitingText(missing));
    return { json: { ok: true, words, footage: withFootage, missing } };
  });
}

const waitingText = (missing: number): string =>
  `This counts once ${missing} more owner${missing === 1 ? "" : "s"} signed it: \`doorward owner recovery approve\`, or in the app.`;

import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { Doorbell } from "../../owner/doorbell.ts";
import { LinkClient } from "../../owner/link-client.ts";
import { openSealedDays, signRecoveryClaim } from "../../owner/recovery.ts";
import { equalBytes, fromBase64url } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { linkPorts, withDoorbell, withReason } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { OwnerHome } from "../owner-home.ts";
import { entropyOf } from "../recovery-words.ts";
import { duration } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal, signal } = invocation;
  const entropy = entropyOf(args[0] ?? "");
  const home = new OwnerHome(invocation);
  const member = (await home.signer()).publicKey;
  const { device } = await home.store.read();
  if (device === null) throw new CliError("cli/not-paired", `${home.dir} knows no doorbell`);
  const deviceKey = fromBase64url(device.deviceKey);
  const claim = await signRecoveryClaim(nodeCrypto, entropy, { device: deviceKey, member });
  // Not yet a member: nothing else would be answered.
  const link = await LinkClient.open(linkPorts(home, signal)).catch(withReason);
  const doorbell = new Doorbell(link);
  let remainingMs: number;
  try {
    remainingMs = (await doorbell.ask("recovery-claim", {}, claim)).result.remainingMs;
  } finally {
    await link.close();
  }
  if (remainingMs > 0) {
    terminal.say(
      `The words are right. This computer becomes an owner in ${duration(remainingMs)}, unless an owner says no.`,
    );
    terminal.say("Run this again then: it fetches what the words open.");
    return { json: { ok: true, owner: false, remainingSeconds: Math.round(remainingMs / 1000) } };
  }
  return withDoorbell(invocation, async ({ doorbell: owned, store }) => {
    const { members } = await owned.household();
    const isOwner = members.some(({ key, role }) => role === "owner" && equalBytes(key, member));
    const { sealedDays } = (await owned.ask("recovery", {})).result;
    const days = sealedDays === null ? null : openSealedDays(nodeCrypto, entropy, fromBase64url(sealedDays));
    if (days !== null) await store.update((state) => ({ ...state, days }));
    terminal.say(isOwner ? "You own this doorbell." : "The time is over; an owner has decided otherwise.");
    if (isOwner)
      terminal.say(days === null ? "The words open no footage." : "Footage of the days before opens here now.");
    return { json: { ok: isOwner, owner: isOwner, footage: days !== null } };
  });
}

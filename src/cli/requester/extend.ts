import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { composeExtension } from "../../requester/compose.ts";
import { ownRequests } from "../../requester/own-requests.ts";
import { chooseByHex } from "../clip-choice.ts";
import { readExpiry } from "../consent-wish.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { publish } from "../publishing.ts";
import { RequesterHome } from "../requester-home.ts";
import { tellPublished } from "../requester-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options } = invocation;
  const home = new RequesterHome(invocation);
  const expires = Math.floor(Date.now() / 1000) + readExpiry(options.needed("expires"));
  const { envelope: card } = await home.recipient.card();
  const published = await publish(invocation, home, async (ports, { memory }) => {
    const own = ownRequests(nodeCrypto, memory, ports.signer.publicKey);
    const earlier = chooseByHex(own, ({ digest }) => digest, args[0], "request");
    return composeExtension(ports, card, earlier, expires);
  });
  return tellPublished(invocation, home, published, expires);
}

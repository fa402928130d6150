import { composeRequest } from "../../requester/compose.ts";
import { readExpiry } from "../consent-wish.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { readPlace } from "../place-words.ts";
import { publish } from "../publishing.ts";
import { readOffence, readTime } from "../request-wish.ts";
import { RequesterHome } from "../requester-home.ts";
import { tellPublished } from "../requester-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options } = invocation;
  const home = new RequesterHome(invocation);
  const { agency, officer } = await home.profile();
  const wish = {
    agency,
    officer,
    caseNumber: options.needed("case"),
    offence: readOffence(options.needed("offence")),
    area: { ...readPlace(options.needed("at")), radius: options.integer("radius", { min: 1, max: 100_000 }) ?? 0 },
    window: { start: readTime("from", options.needed("from")), end: readTime("to", options.needed("to")) },
    text: options.needed("text"),
    expires: Math.floor(Date.now() / 1000) + readExpiry(options.needed("expires")),
  };
  const { envelope: card } = await home.recipient.card();
  const published = await publish(invocation, home, (ports) => composeRequest(ports, card, wish));
  return tellPublished(invocation, home, published, wish.expires);
}

import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { ownRequests } from "../../requester/own-requests.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { witnessWords } from "../quorum.ts";
import { RequesterHome } from "../requester-home.ts";
import { ownRequestJson, ownRequestText } from "../requester-words.ts";
import { fields } from "../table.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal, signal } = invocation;
  const home = new RequesterHome(invocation);
  const { publicKey } = await home.signer();
  const nowSeconds = Math.floor(Date.now() / 1000);
  const { memory, book, checkpoint } = await home.follow(signal, nowSeconds);
  const agency = book.agencyOf(publicKey);
  const today = book.requestsOn(publicKey, nowSeconds);
  const perDay = book.rules?.limits.requestsPerDay ?? 0;
  const all = ownRequests(nodeCrypto, memory, publicKey);
  const shown = args[0] === undefined ? all : [chooseByHex(all, ({ digest }) => digest, args[0], "request")];
  terminal.say(
    fields([
      ["register", `${checkpoint.origin}, ${checkpoint.size} entries, ${witnessWords(checkpoint.cosignatures.length)}`],
      ["accredited", agency === null ? "no: see `doorward requester accredit`" : agency],
      ["today", `${today} of ${perDay} requests (UTC day)`],
    ]),
  );
  for (const own of shown) terminal.say(`\n${ownRequestText(own, nowSeconds)}`);
  const json = {
    ok: true,
    register: checkpoint.origin,
    size: checkpoint.size,
    accredited: agency,
    requestsToday: today,
    requestsPerDay: perDay,
    requests: shown.map(ownRequestJson),
  };
  return { json };
}

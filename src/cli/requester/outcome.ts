import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { composeOutcome } from "../../requester/compose.ts";
import { ownRequests } from "../../requester/own-requests.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import type { Options } from "../options.ts";
import { publish } from "../publishing.ts";
import { dayText, readDay } from "../request-wish.ts";
import { RequesterHome } from "../requester-home.ts";
import { localTime, shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal } = invocation;
  const told = toldOutcome(options);
  const home = new RequesterHome(invocation);
  let request = "";
  const { index, at } = await publish(invocation, home, async (ports, { memory }) => {
    const own = ownRequests(nodeCrypto, memory, ports.signer.publicKey);
    const { digest } = chooseByHex(own, (found) => found.digest, args[0], "request");
    request = toHex(digest);
    return composeOutcome(ports, { request: digest, ...told });
  });
  const words = told.outcome === "deleted-on" ? "deleted on" : "kept until";
  terminal.say(
    `Request ${shortId(request)}: whatever came in answer is ${words} ${dayText(told.day)}. Entry ${index}, ${localTime(at * 1000)}.`,
  );
  return { json: { ok: true, request, ...told, index, at } };
}

function toldOutcome(options: Options): { readonly outcome: "kept-until" | "deleted-on"; readonly day: number } {
  const [kept, deleted] = [options.text("keptUntil"), options.text("deletedOn")];
  if ((kept === undefined) === (deleted === undefined)) {
    throw new CliError("cli/usage", "say either --kept-until or --deleted-on");
  }
  return kept === undefined
    ? { outcome: "deleted-on", day: readDay("deleted-on", deleted ?? "") }
    : { outcome: "kept-until", day: readDay("kept-until", kept) };
}

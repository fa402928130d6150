import { toHex } from "../protocol/bytes.ts";
import type { OwnRequest } from "../requester/own-requests.ts";
import type { Invocation, Outcome } from "./definition.ts";
import type { publish } from "./publishing.ts";
import { dayText } from "./request-wish.ts";
import { areaText, windowText } from "./request-words.ts";
import type { RequesterHome } from "./requester-home.ts";
import { fields } from "./table.ts";
import { foreignText, localTime, shortId } from "./words.ts";

/** A request is in the log: which, where, and what proves it. */
export async function tellPublished(
  { terminal }: Invocation,
  home: RequesterHome,
  { statement, index, at, proof }: Awaited<ReturnType<typeof publish>>,
  expires: number,
): Promise<Outcome> {
  const digest = toHex(statement.digest);
  const file = await home.saveProof(statement.digest, proof);
  terminal.say(
    fields([
      ["request", shortId(digest)],
      ["in the log", `entry ${index}, ${localTime(at * 1000)}`],
      ["open until", localTime(expires * 1000)],
      ["proof", file],
    ]),
  );
  terminal.say("\nEverybody can read it now. Answers, if there are any, come to `doorward requester receive`.");
  return { json: { ok: true, request: digest, index, at, expires, proof: file } };
}

export function ownRequestText(own: OwnRequest, nowSeconds: number): string {
  const { request } = own;
  return fields([
    ["request", shortId(toHex(own.digest))],
    ["case", `${foreignText(request.caseNumber)}, ${request.offence}`],
    ["text", foreignText(request.text)],
    ["where", areaText(request.area)],
    ["when", windowText(request.window)],
    ["in the log", `entry ${own.index}, ${localTime(own.at * 1000)}`],
    [request.expires > nowSeconds ? "open until" : "expired", localTime(request.expires * 1000)],
    ...(request.extends === null ? [] : [["prolongs", shortId(toHex(request.extends))] as const]),
    ...own.outcomes.map(({ outcome, day }) => ["outcome", `${outcomeWords[outcome]} ${dayText(day)}`] as const),
  ]);
}

const outcomeWords = { "kept-until": "kept until", "deleted-on": "deleted on" } as const;

export function ownRequestJson({ digest, index, at, request, outcomes }: OwnRequest) {
  const { agency, officer, caseNumber, offence, area, window, text, expires } = request;
  const said = { agency, officer, caseNumber, offence, area, window, text, expires };
  const earlier = request.extends === null ? null : toHex(request.extends);
  return { request: toHex(digest), index, at, ...said, extends: earlier, outcomes };
}

import { nodeCrypto } from "../device/platform/node-crypto.ts";
import type { IndexedClip } from "../owner/clip-index.ts";
import { readCard } from "../owner/make-consent.ts";
import { type HomeRequest, registerName } from "../owner/requests/match.ts";
import { toHex } from "../protocol/bytes.ts";
import { type Area, cardEnvelopeOf, type Window } from "../protocol/register/statements/request.ts";
import { fields } from "./table.ts";
import { clipLength, fingerprint, foreignText, localTime, shortId } from "./words.ts";

const DEGREE = 100_000;

/** The same lines in the same order for every request: nothing is stressed, and none asks for an answer. */
export function requestText({ digest, request, clips }: HomeRequest): string {
  return fields([
    ["request", shortId(toHex(digest))],
    ["who asks", `${foreignText(request.officer)}, ${foreignText(request.agency)}`],
    ["case", foreignText(request.caseNumber)],
    ["why", `${request.offence}: ${foreignText(request.text)}`],
    ["where", areaText(request.area)],
    ["when", windowText(request.window)],
    ["voluntary", "yes: you need not answer, and nobody learns whether you looked"],
    ["your clips", clips.length === 0 ? "none from that time" : clips.map(clipText).join("; ")],
    ["open until", localTime(request.expires * 1000)],
  ]);
}

/** What stands behind a request, for who wants to look closer. */
export function requestDetails(found: HomeRequest): string {
  const { card, digest } = readCard(nodeCrypto, cardEnvelopeOf(found.request));
  return fields([
    ["digest", toHex(found.digest)],
    ["register", `${registerName(found)}, entry ${found.index}, ${localTime(found.at * 1000)}`],
    ["asked with", fingerprint(toHex(found.request.requester))],
    ["would get it", `${foreignText(card.name)}, ${fingerprint(toHex(digest))}`],
    ["prolongs", found.request.extends === null ? "no other request" : shortId(toHex(found.request.extends))],
  ]);
}

export function requestJson(found: HomeRequest) {
  const { request } = found;
  return {
    request: toHex(found.digest),
    register: registerName(found),
    index: found.index,
    at: found.at,
    agency: request.agency,
    officer: request.officer,
    caseNumber: request.caseNumber,
    offence: request.offence,
    text: request.text,
    area: request.area,
    window: request.window,
    basis: request.basis,
    expires: request.expires,
    extends: request.extends === null ? null : toHex(request.extends),
    requester: toHex(request.requester),
    clips: found.clips.map(({ clip, times }) => ({ clip: toHex(clip), ...times })),
  };
}

/** `26.12240, -80.13730, and 300 m around it`. */
export function areaText({ latitude, longitude, radius }: Area): string {
  return `${placeText({ latitude, longitude })}, and ${radius} m around it`;
}

export function placeText({ latitude, longitude }: { readonly latitude: number; readonly longitude: number }): string {
  return `${(latitude / DEGREE).toFixed(5)}, ${(longitude / DEGREE).toFixed(5)}`;
}

export function windowText({ start, end }: Window): string {
  const [from, to] = [localTime(start * 1000), localTime(end * 1000)];
  return `${from.slice(0, 16)} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11, 16) : to.slice(0, 16)}`;
}

function clipText({ clip, times }: IndexedClip): string {
  if (times === null) return shortId(toHex(clip));
  const length = times.durationMs === null ? "cut short" : clipLength(times.durationMs);
  const clock = times.clock === "unsynced" ? ", its clock not set" : "";
  return `${shortId(toHex(clip))} of ${localTime(times.fromMs)} (${times.trigger}, ${length}${clock})`;
}

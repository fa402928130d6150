import type { Facts } from "../protocol/facts.ts";
import { inboxWords } from "./inbox-words.ts";
import { fields } from "./table.ts";
import { clipLength, fingerprint, foreignText, localTime } from "./words.ts";

/** All that a person has to see before a share is signed. */
export interface ShareSummary {
  readonly clip: string;
  readonly startMs: number | null;
  readonly trigger: string | null;
  readonly part: string;
  readonly sound: string;
  readonly recipientName: string;
  readonly recipientDigest: string;
  readonly inbox: string;
  /** Unix seconds. */
  readonly expires: number;
  readonly purpose: string;
  readonly basis: "own" | "voluntary" | "compelled";
  readonly told: string;
}

const basisWords = { own: "your own wish", voluntary: "an answer to a request", compelled: "a legal order" } as const;

export function summaryText(summary: ShareSummary): string {
  const { startMs, trigger } = summary;
  return fields([
    ["clip", `${summary.clip}  ${startMs === null ? "" : localTime(startMs)}  ${trigger ?? ""}`.trimEnd()],
    ["part", summary.part],
    ["sound", summary.sound],
    ["to", `${foreignText(summary.recipientName)}  (the name that the card gives itself)`],
    ["fingerprint", fingerprint(summary.recipientDigest)],
    ["inbox", inboxWords(summary.inbox)],
    ["until", localTime(summary.expires * 1000)],
    ["purpose", summary.purpose === "" ? "none given" : foreignText(summary.purpose)],
    ["because of", basisWords[summary.basis]],
    ["about you", summary.told],
  ]);
}

/** `3.0 to 8.0 s of 15.2 s`, both ends to a tenth. */
export function partText(fromSeconds: number, toSeconds: number, durationMs: number | null): string {
  const of = durationMs === null ? "" : ` of ${clipLength(durationMs)}`;
  return `${fromSeconds.toFixed(1)} to ${toSeconds.toFixed(1)} s${of}`;
}

export function toldText({ name, contact, place, clockErrorMs, clipKey }: Facts): string {
  const told = [
    ...(name === null ? [] : [`name: ${name}`]),
    ...(contact === null ? [] : [`contact: ${contact}`]),
    ...(place === null ? [] : [`place: ${place}`]),
    ...(clockErrorMs === null ? [] : [`clock error: ${clockErrorMs} ms`]),
    ...(clipKey === null ? [] : ["proof of which doorbell it is"]),
  ];
  return told.length === 0 ? "nothing" : foreignText(told.join(" · "));
}

import { toHex } from "../protocol/bytes.ts";
import type { Facts } from "../protocol/facts.ts";
import { failures, type Verdict } from "../recipient/verdict.ts";
import { clipLength, fingerprint, foreignText } from "./words.ts";

/** What a verdict says beyond its one line: rows of name and value. */
export function verdictRows(verdict: Verdict): (readonly [string, string])[] {
  if (verdict.verdict !== "ok") return [["what is wrong", failures[verdict.verdict]]];
  const { durationMs, device, facts } = verdict;
  const rows: (readonly [string, string])[] = [];
  if (durationMs !== null) rows.push(["length", clipLength(durationMs)]);
  if (facts !== null) rows.push(...factRows(facts));
  if (device !== null) rows.push(["doorbell", fingerprint(toHex(device))]);
  return rows;
}

/** The verdict as JSON: bytes in hex. */
export function verdictJson(verdict: Verdict): Record<string, unknown> {
  const { verdict: word, text } = verdict;
  if (verdict.verdict !== "ok") return { ok: false, verdict: word, text, meaning: failures[verdict.verdict] };
  const { clip, lanes, clock, closed, opened, durationMs, facts, device } = verdict;
  return {
    ok: true,
    verdict: word,
    text,
    clip: toHex(clip),
    lanes,
    clock,
    closed,
    opened,
    durationMs,
    facts: facts === null ? null : factsJson(facts),
    device: device === null ? null : toHex(device),
  };
}

function factRows({ name, contact, place, clockErrorMs }: Facts): (readonly [string, string])[] {
  const said = { from: name, contact, place };
  const rows = Object.entries(said).flatMap(([what, text]) =>
    text === null ? [] : [[what, foreignText(text)] as const],
  );
  return clockErrorMs === null ? rows : [...rows, ["clock error", `${(clockErrorMs / 1000).toFixed(1)} s`]];
}

function factsJson({ name, contact, place, clockErrorMs }: Facts): Record<string, unknown> {
  return { name, contact, place, clockErrorMs };
}

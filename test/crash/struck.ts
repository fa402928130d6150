import { keyOf, readCatalog, readClipFile } from "./clip-files.ts";
import type { Phase } from "./moments.ts";
import type { ReleaseBook } from "./releases.ts";

/** What a killed daemon was in the middle of, as its disk tells; several may hold at once. */
export function struck(frozenDevice: string, { pending, outbox }: ReleaseBook): Phase[] {
  const open = readCatalog(frozenDevice).filter(({ state }) => state === "open");
  const isClosing = (id: string): boolean =>
    readClipFile(frozenDevice, id)?.records.some(({ leaf }) => leaf.lane === 4 && leaf.index === 1) === true;
  const phases: Phase[] = [];
  if (open.some(({ id }) => !isClosing(id))) phases.push("recording");
  if (open.some(({ id }) => isClosing(id))) phases.push("closing");
  if (pending.length > 0) phases.push("consenting");
  if (outbox.some(({ state }) => state === "open")) phases.push("delivering");
  return phases;
}

const TORN = "torn";

/** Records, whole or torn, that were in a clip's file and not yet in the catalog; by clip id in hex. */
export type Tails = ReadonlyMap<string, readonly string[]>;

export function unacknowledgedTails(frozenDevice: string): Tails {
  const tails = new Map<string, string[]>();
  for (const { id, state, rows } of readCatalog(frozenDevice)) {
    if (state !== "open") continue;
    const content = readClipFile(frozenDevice, id);
    const kept = new Set(rows.map(keyOf));
    const whole = (content?.records ?? []).map(({ leaf }) => keyOf(leaf)).filter((name) => !kept.has(name));
    tails.set(id, content?.isTorn === true ? [...whole, TORN] : whole);
  }
  return tails;
}

/** How many records of each tail a recovered device no longer has: one is the price of a crash, more is too many. */
export function goneFromTails(tails: Tails, device: string): Map<string, number> {
  return new Map(
    [...tails].map(([id, tail]) => {
      const found = new Set(readClipFile(device, id)?.records.map(({ leaf }) => keyOf(leaf)));
      return [id, tail.filter((name) => !found.has(name)).length];
    }),
  );
}

import { startOfDay } from "../../ui/say.ts";
import { type ClipEntry, momentOf } from "./clip-entry.ts";

export const HEADER_PX = 52;
export const ROW_PX = 84;

export type TimelineItem =
  | { readonly kind: "day"; readonly top: number; readonly dayMs: number }
  | { readonly kind: "clip"; readonly top: number; readonly dayMs: number; readonly entry: ClipEntry };

export interface TimelineDay {
  /** Local midnight. */
  readonly dayMs: number;
  readonly top: number;
  /** Newest first. */
  readonly clips: readonly ClipEntry[];
}

export interface TimelineLayout {
  readonly items: readonly TimelineItem[];
  /** Newest first. */
  readonly days: readonly TimelineDay[];
  readonly height: number;
}

export type TimelineFilter = "all" | "ring" | "motion";

/** Where every day and clip stands, so that only what is in view has to be drawn. @param entries - Newest first. */
export function layOut(entries: readonly ClipEntry[], filter: TimelineFilter): TimelineLayout {
  const items: TimelineItem[] = [];
  const days: (TimelineDay & { clips: ClipEntry[] })[] = [];
  let top = 0;
  for (const entry of entries) {
    if (filter !== "all" && entry.trigger !== filter) continue;
    const dayMs = startOfDay(momentOf(entry));
    let day = days.at(-1);
    if (day?.dayMs !== dayMs) {
      day = { dayMs, top, clips: [] };
      days.push(day);
      items.push({ kind: "day", top, dayMs });
      top += HEADER_PX;
    }
    day.clips.push(entry);
    items.push({ kind: "clip", top, dayMs, entry });
    top += ROW_PX;
  }
  return { items, days, height: top };
}

/** The items that touch a stretch of the list, by halving. */
export function itemsWithin({ items }: TimelineLayout, fromPx: number, toPx: number): readonly TimelineItem[] {
  const first = Math.max(0, indexAt(items, fromPx) - 1);
  return items.slice(first, indexAt(items, toPx) + 1);
}

/** The day that stands at a place of the list. */
export function dayAt({ days }: TimelineLayout, px: number): TimelineDay | null {
  return days[Math.max(0, indexAt(days, px) - 1)] ?? null;
}

/** How many begin at or above a place. */
function indexAt(sorted: readonly { readonly top: number }[], px: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.top ?? 0) <= px) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which of a day's clips is nearest to a moment, and where it stands. */
export function nearestClip(day: TimelineDay, ms: number): { readonly entry: ClipEntry; readonly top: number } | null {
  let best: number | null = null;
  const distance = (i: number): number => Math.abs(momentOf(day.clips[i] ?? { startMs: null, day: 0 }) - ms);
  for (let i = 0; i < day.clips.length; i += 1) if (best === null || distance(i) < distance(best)) best = i;
  const entry = best === null ? undefined : day.clips[best];
  return best === null || entry === undefined ? null : { entry, top: day.top + HEADER_PX + best * ROW_PX };
}

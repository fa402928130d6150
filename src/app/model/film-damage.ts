import { LANES } from "../../protocol/clip-keys.ts";
import { fragmentTiming, trackInfo } from "../../protocol/fmp4.ts";
import { words } from "../words.ts";
import type { Film } from "./film.ts";

/** A part of the clip that does not play, in milliseconds. */
export interface FilmGap {
  readonly startMs: number;
  readonly endMs: number;
}

/** `parts`: some of it does not play. `all`: what it begins with is damaged, and without that nothing of it plays. */
export type LaneDamage = "none" | "parts" | "all";

export interface FilmDamage {
  readonly picture: LaneDamage;
  readonly sound: LaneDamage;
  /** Those whose end is known already. */
  readonly gaps: readonly FilmGap[];
}

type HeardFilm = Pick<Film, "lane" | "state">;

/** What does not play of all that has come so far. */
export function damageOf(film: HeardFilm): FilmDamage {
  const damageIn = (lane: typeof LANES.video | typeof LANES.audio): LaneDamage => {
    const { init, fragments } = film.lane(lane);
    if (init === null) return fragments.length === 0 ? "none" : "all";
    return fragments.includes(null) ? "parts" : "none";
  };
  return { picture: damageIn(LANES.video), sound: damageIn(LANES.audio), gaps: gapsOf(film) };
}

/** In one sentence, of the picture first; null where nothing is damaged. */
export function damageText({ picture, sound, gaps }: FilmDamage): string | null {
  if (picture === "all") return words.player.noPicture;
  if (picture === "parts") return words.player.gap(Math.max(1, gaps.length));
  if (sound === "all") return words.player.noSound;
  return sound === "parts" ? words.player.gapSound : null;
}

/** Where picture is missing: from the end of what plays before to the beginning of what plays after. */
function gapsOf(film: HeardFilm): FilmGap[] {
  const { init, fragments } = film.lane(LANES.video);
  if (init === null) return [];
  const { timescale } = trackInfo(init);
  const gaps: FilmGap[] = [];
  let endMs = 0;
  let isOpen = false;
  for (const fragment of fragments) {
    if (fragment === null) {
      isOpen = true;
      continue;
    }
    const { startMs, durationMs } = fragmentTiming(fragment, timescale);
    if (isOpen) gaps.push({ startMs: endMs, endMs: startMs });
    isOpen = false;
    endMs = startMs + durationMs;
  }
  if (isOpen && film.state.value === "whole") gaps.push({ startMs: endMs, endMs: Number.POSITIVE_INFINITY });
  return gaps;
}

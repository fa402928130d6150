import { areasOverlap, windowsOverlap } from "./area.ts";
import type { Area, Request, Window } from "./statements/request.ts";

/** In 10^-5 degrees, above the 1,300 m that two circles reach at most: whoever overlaps is in this band or the next. */
const BAND = 2_000;

export interface RecentRequest {
  readonly at: number;
  readonly area: Area;
  readonly window: Window;
}

/** The requests of the last hours, by bands of latitude, so that a country's day is not searched for each request. */
export class RecentRequests {
  readonly #bands = new Map<number, RecentRequest[]>();
  #sweptAt = 0;

  static of(recent: readonly RecentRequest[]): RecentRequests {
    const requests = new RecentRequests();
    for (const { at, area, window } of recent) requests.#put(at, area, window);
    return requests;
  }

  /** Whether a request made after `since` (unix seconds) has some of this area and window. */
  overlaps({ area, window }: Pick<Request, "area" | "window">, since: number): boolean {
    const band = bandOf(area);
    return [band - 1, band, band + 1].some((near) =>
      this.#bands
        .get(near)
        ?.some(
          (recent) => recent.at > since && windowsOverlap(recent.window, window) && areasOverlap(recent.area, area),
        ),
    );
  }

  /** Forgets what is not after `since`, now and then. */
  add({ area, window }: Pick<Request, "area" | "window">, at: number, since: number): void {
    this.#put(at, area, window);
    if (since > this.#sweptAt) this.#sweep(at, since);
  }

  #put(at: number, area: Area, window: Window): void {
    const band = bandOf(area);
    const list = this.#bands.get(band) ?? [];
    this.#bands.set(band, list);
    list.push({ at, area, window });
  }

  #sweep(at: number, since: number): void {
    this.#sweptAt = at;
    for (const [band, list] of this.#bands) {
      const kept = list.filter((recent) => recent.at > since);
      if (kept.length === 0) this.#bands.delete(band);
      else this.#bands.set(band, kept);
    }
  }

  /** All that still count after `since`, oldest first. */
  list(since: number): RecentRequest[] {
    const all = [...this.#bands.values()].flat().filter(({ at }) => at > since);
    return all.toSorted((a, b) => a.at - b.at);
  }
}

const bandOf = ({ latitude }: Area): number => Math.floor(latitude / BAND);

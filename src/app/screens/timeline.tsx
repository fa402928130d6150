import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { sayDay, sayTime } from "../../ui/say.ts";
import { momentOf } from "../model/clip-entry.ts";
import type { Home } from "../model/home.ts";
import {
  dayAt,
  itemsWithin,
  layOut,
  nearestClip,
  ROW_PX,
  type TimelineDay,
  type TimelineFilter,
  type TimelineLayout,
} from "../model/timeline-layout.ts";
import { ClipRow } from "../parts/clip-row.tsx";
import { Message } from "../parts/message.tsx";
import { words } from "../words.ts";

const DAY_MS = 86_400_000;
/** Drawn beyond the edges, so that a quick thumb sees rows and not paper. */
const AHEAD_PX = 600;
/** The scrubber covers so much of the list's upper edge. */
const HEAD_PX = 150;

const filters: readonly { readonly filter: TimelineFilter; readonly word: string }[] = [
  { filter: "all", word: words.timeline.all },
  { filter: "ring", word: words.timeline.rings },
  { filter: "motion", word: words.timeline.motion },
];

/** Kept while the page lives, so that coming back from a clip lands where one was. */
const place = { scrollY: 0, filter: "all" as TimelineFilter };

export function TimelineScreen({ home }: { readonly home: Home }) {
  const filter = useSignal<TimelineFilter>(place.filter);
  const layout = useComputed(() => layOut(home.clips.entries.value, filter.value));
  const scroll = useSignal({ y: 0, height: innerHeight });
  const list = useRef<HTMLDivElement>(null);

  const look = (): void => {
    const top = list.current?.getBoundingClientRect().top ?? 0;
    scroll.value = { y: Math.max(0, HEAD_PX - top), height: innerHeight };
    place.scrollY = scrollY;
  };
  useLayoutEffect(() => {
    const before = place.scrollY;
    look();
    scrollTo(0, before);
    look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, []);
  useEffect(look, [layout.value]);

  const choose = (wanted: TimelineFilter): void => {
    filter.value = wanted;
    place.filter = wanted;
    scrollTo(0, 0);
  };
  const moveTo = (px: number): void => {
    const top = (list.current?.getBoundingClientRect().top ?? 0) + scrollY;
    scrollTo(0, top + px - HEAD_PX);
  };
  const day = dayAt(layout.value, scroll.value.y);
  return (
    <div class="timeline">
      <header class="timeline-top">
        <h1>{words.timeline.title}</h1>
        <fieldset class="segments">
          <legend class="visually-hidden">{words.timeline.filter}</legend>
          {filters.map(({ filter: wanted, word }) => (
            <label key={wanted}>
              <input type="radio" name="filter" checked={filter.value === wanted} onChange={() => choose(wanted)} />
              <span>{word}</span>
            </label>
          ))}
        </fieldset>
      </header>
      <Reading home={home} />
      {day === null ? (
        <Empty home={home} filter={filter.value} />
      ) : (
        <Scrubber layout={layout.value} day={day} topPx={scroll.value.y} onMove={moveTo} />
      )}
      <div ref={list} class="timeline-list" style={{ height: `${layout.value.height}px` }}>
        <Visible home={home} layout={layout.value} fromPx={scroll.value.y} heightPx={scroll.value.height} />
      </div>
    </div>
  );
}

function Reading({ home }: { readonly home: Home }) {
  const left = home.clips.unread.value;
  return (
    <>
      {left === 0 || home.link.connection.value !== "online" ? null : (
        <p class="muted small reading" role="status">
          <span class="spinner" />
          {words.timeline.reading(left)}
        </p>
      )}
      {home.clips.storageFull.value ? (
        <Notice tone="warn">
          <p>{words.timeline.storageFull}</p>
        </Notice>
      ) : null}
    </>
  );
}

function Empty({ home, filter }: { readonly home: Home; readonly filter: TimelineFilter }) {
  if (!home.clips.loaded.value) return <div class="spinner" role="status" aria-label={words.loading} />;
  if (filter !== "all" && home.clips.entries.value.length > 0) {
    return <Message icon="list" title={words.timeline.empty} text={words.timeline.emptyFilter} />;
  }
  return <Message icon="timeline" title={words.timeline.empty} text={words.timeline.emptyText} />;
}

interface VisibleProps {
  readonly home: Home;
  readonly layout: TimelineLayout;
  readonly fromPx: number;
  readonly heightPx: number;
}

function Visible({ home, layout, fromPx, heightPx }: VisibleProps) {
  const now = Date.now();
  return (
    <>
      {itemsWithin(layout, fromPx - HEAD_PX - AHEAD_PX, fromPx + heightPx + AHEAD_PX).map((item) => (
        <div
          key={item.kind === "day" ? item.dayMs : item.entry.id}
          class="timeline-item"
          style={{ transform: `translateY(${item.top}px)` }}
        >
          {item.kind === "day" ? (
            <h2 class="timeline-day">{sayDay(item.dayMs, now)}</h2>
          ) : (
            <ClipRow home={home} entry={item.entry} />
          )}
        </div>
      ))}
    </>
  );
}

interface ScrubberProps {
  readonly layout: TimelineLayout;
  readonly day: TimelineDay;
  readonly topPx: number;
  readonly onMove: (px: number) => void;
}

/** The day in view as a band of 24 hours; moving along it moves the list. */
function Scrubber({ layout, day, topPx, onMove }: ScrubberProps) {
  const index = layout.days.indexOf(day);
  const [earlier, later] = [layout.days[index + 1], layout.days[index - 1]];
  const atRow = Math.min(day.clips.length - 1, Math.max(0, Math.floor((topPx - day.top) / ROW_PX)));
  const current = day.clips[atRow];
  const currentMs = current === undefined ? day.dayMs : momentOf(current);
  const share = (ms: number): number => Math.min(1, Math.max(0, (ms - day.dayMs) / DAY_MS));
  return (
    <div class="scrubber">
      <div class="scrubber-day">
        <Button
          kind="quiet"
          icon="back"
          label={words.timeline.earlier}
          disabled={earlier === undefined}
          onClick={() => earlier && onMove(earlier.top)}
        />
        <strong>{sayDay(day.dayMs, Date.now())}</strong>
        <Button
          kind="quiet"
          icon="forward"
          label={words.timeline.later}
          disabled={later === undefined}
          onClick={() => later && onMove(later.top)}
        />
      </div>
      <div class="scrubber-band">
        <svg viewBox="0 0 1440 40" preserveAspectRatio="none" aria-hidden="true" focusable="false">
          {[360, 720, 1080].map((minute) => (
            <path key={minute} class="hour" d={`M${minute} 0V40`} vector-effect="non-scaling-stroke" />
          ))}
          <path class="motion" d={marks(day, "motion", 14)} vector-effect="non-scaling-stroke" />
          <path class="rings" d={marks(day, "ring", 2)} vector-effect="non-scaling-stroke" />
        </svg>
        <input
          type="range"
          min={0}
          max={1439}
          step={1}
          value={Math.round(share(currentMs) * 1439)}
          aria-label={words.timeline.scrubber}
          aria-valuetext={words.timeline.scrubberText(sayTime(currentMs))}
          onInput={({ currentTarget }) => {
            const found = nearestClip(day, day.dayMs + (Number(currentTarget.value) / 1440) * DAY_MS);
            if (found !== null) onMove(found.top);
          }}
        />
      </div>
      <div class="scrubber-hours muted" aria-hidden="true">
        <span>0</span>
        <span>6</span>
        <span>12</span>
        <span>18</span>
        <span>24</span>
      </div>
    </div>
  );
}

/** One vertical line per clip of a kind, as a single path: a day may have hundreds. */
function marks({ dayMs, clips }: TimelineDay, trigger: "ring" | "motion", top: number): string {
  return clips
    .filter((entry) => (entry.trigger ?? "motion") === trigger)
    .map((entry) => `M${Math.round(((momentOf(entry) - dayMs) / DAY_MS) * 1440)} ${top}V${42 - top}`)
    .join("");
}

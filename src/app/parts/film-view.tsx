import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { LANES } from "../../protocol/clip-keys.ts";
import { sayLength } from "../../say/amounts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { ClipEntry } from "../model/clip-entry.ts";
import type { Film } from "../model/film.ts";
import { damageText, type FilmDamage } from "../model/film-damage.ts";
import { feedFilm } from "../model/media-feed.ts";
import { words } from "../words.ts";

const WHOLE: FilmDamage = { picture: "none", sound: "none", gaps: [] };

interface FilmViewProps {
  readonly film: Film;
  readonly entry: ClipEntry;
  readonly poster: string | null;
}

/** Plays a clip while it is still being opened. */
export function FilmView({ film, entry, poster }: FilmViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const damage = useSignal(WHOLE);
  const unplayable = useSignal(false);
  const playing = useSignal(false);
  const muted = useSignal(false);
  const at = useSignal(0);
  const length = useSignal((entry.durationMs ?? 0) / 1000);

  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    damage.value = WHOLE;
    unplayable.value = false;
    const end = feedFilm(element, film, {
      onDamage: (found) => {
        damage.value = found;
      },
      onUnplayable: () => {
        unplayable.value = true;
      },
    });
    element.play().catch(() => undefined); // a page that was not touched yet may not play by itself
    return end;
  }, [film]);

  const toggle = (): void => {
    const element = video.current;
    if (element === null) return;
    if (element.paused) {
      if (element.ended) element.currentTime = 0;
      void element.play().catch(() => undefined);
    } else element.pause();
  };
  const share = (seconds: number): string => `${(100 * seconds) / Math.max(length.value, 0.001)}%`;
  const gapMarks = useComputed(() =>
    damage.value.gaps.map(({ startMs, endMs }) => [startMs / 1000, endMs / 1000] as const),
  );
  const damaged = damageText(damage.value);

  return (
    <div class="film" ref={frame}>
      {/* biome-ignore lint/a11y/useMediaCaption: a doorbell's sound has no captions. */}
      <video
        ref={video}
        class="film-picture"
        playsInline
        poster={poster ?? undefined}
        aria-label={words.tag[entry.trigger ?? "unknown"]}
        onClick={toggle}
        onPlay={() => {
          playing.value = true;
        }}
        onPause={() => {
          playing.value = false;
        }}
        onTimeUpdate={({ currentTarget }) => {
          at.value = currentTarget.currentTime;
        }}
        onDurationChange={({ currentTarget: { duration } }) => {
          if (Number.isFinite(duration) && duration > 0) length.value = Math.max(duration, 0.001);
        }}
      />
      <div class="film-controls">
        <Button
          kind="quiet"
          icon={playing.value ? "pause" : "play"}
          label={playing.value ? words.player.pause : words.player.play}
          onClick={toggle}
        />
        <div class="film-track">
          <div class="film-rail">
            <span class="film-loaded" style={{ width: `${film.loaded.value * 100}%` }} />
            {gapMarks.value.map(([start, end]) => (
              <span
                key={start}
                class="film-gap"
                style={{ left: share(start), width: share(Math.min(end, length.value) - start) }}
              />
            ))}
            {entry.preRollMs > 0 ? <span class="film-trigger" style={{ left: share(entry.preRollMs / 1000) }} /> : null}
          </div>
          <input
            type="range"
            min={0}
            max={Math.max(length.value, 0.1)}
            step={0.1}
            value={at.value}
            aria-label={words.player.seek}
            aria-valuetext={words.player.position(sayLength(at.value * 1000), sayLength(length.value * 1000))}
            onInput={({ currentTarget }) => {
              if (video.current !== null) video.current.currentTime = Number(currentTarget.value);
            }}
          />
        </div>
        <span class="film-time small mono">
          {sayLength(at.value * 1000)} / {sayLength(length.value * 1000)}
        </span>
        {film.state.value !== "loading" && !film.hasLane(LANES.audio) ? null : (
          <Button
            kind="quiet"
            icon={muted.value ? "muted" : "sound"}
            label={muted.value ? words.player.unmute : words.player.mute}
            onClick={() => {
              muted.value = !muted.value;
              if (video.current !== null) video.current.muted = muted.value;
            }}
          />
        )}
        <Button
          kind="quiet"
          icon="expand"
          label={words.player.full}
          onClick={() => void frame.current?.requestFullscreen?.().catch(() => undefined)}
        />
      </div>
      {unplayable.value ? (
        <Notice tone="bad">
          <p>{words.player.unplayable}</p>
        </Notice>
      ) : null}
      {damaged === null ? null : (
        <Notice tone="warn">
          <p>{damaged}</p>
        </Notice>
      )}
    </div>
  );
}

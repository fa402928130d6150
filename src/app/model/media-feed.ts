import { LANES } from "../../protocol/clip-keys.ts";
import { trackInfo } from "../../protocol/fmp4.ts";
import type { Film } from "./film.ts";
import { damageOf, type FilmDamage } from "./film-damage.ts";

export interface FeedEvents {
  /** Each time more of it is known. */
  readonly onDamage: (damage: FilmDamage) => void;
  /** Neither part by part nor as a whole: the browser lacks the codec. */
  readonly onUnplayable: () => void;
}

type MediaLane = typeof LANES.video | typeof LANES.audio;

const CALM_MS = 300;

interface ManagedWindow {
  readonly ManagedMediaSource?: typeof MediaSource;
}

const source = (): typeof MediaSource | null =>
  (globalThis as ManagedWindow).ManagedMediaSource ?? globalThis.MediaSource ?? null;

const typeOf = (kind: "video" | "audio", codec: string): string => `${kind}/mp4; codecs="${codec}"`;

/**
 * Feeds a film into a video element: part by part where the browser has MediaSource (ManagedMediaSource on phones of
 * one maker), else as one file once all is there. The returned function ends it.
 */
export function feedFilm(video: HTMLVideoElement, film: Film, events: FeedEvents): () => void {
  const Source = source();
  return Source === null ? feedWhole(video, film, events) : feedParts(video, film, events, Source);
}

function feedWhole(video: HTMLVideoElement, film: Film, events: FeedEvents): () => void {
  let url: string | null = null;
  const onError = (): void => events.onUnplayable();
  video.addEventListener("error", onError);
  const end = film.state.subscribe((state) => {
    if (state === "loading" || url !== null) return;
    const damage = damageOf(film);
    events.onDamage(damage);
    if (state !== "whole" || damage.picture === "all") return;
    url = URL.createObjectURL(new Blob([film.wholeMp4() as Uint8Array<ArrayBuffer>], { type: "video/mp4" }));
    video.src = url;
  });
  return () => {
    end();
    video.removeEventListener("error", onError);
    video.removeAttribute("src");
    if (url !== null) URL.revokeObjectURL(url);
  };
}

/** One lane's bytes waiting for their turn: a SourceBuffer takes one append at a time. */
class LaneFeed {
  readonly #waiting: Uint8Array[] = [];
  #buffer: SourceBuffer | null = null;

  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#next();
  }

  attach(buffer: SourceBuffer, onIdle: () => void): void {
    this.#buffer = buffer;
    buffer.addEventListener("updateend", () => {
      this.#next();
      onIdle();
    });
    this.#next();
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#buffer?.updating !== true;
  }

  #next(): void {
    if (this.#buffer === null || this.#buffer.updating) return;
    const bytes = this.#waiting.shift();
    if (bytes !== undefined) this.#buffer.appendBuffer(bytes as Uint8Array<ArrayBuffer>);
  }
}

function feedParts(video: HTMLVideoElement, film: Film, events: FeedEvents, Source: typeof MediaSource): () => void {
  const media = new Source();
  const feeds = new Map<MediaLane, LaneFeed>([
    [LANES.video, new LaneFeed()],
    [LANES.audio, new LaneFeed()],
  ]);
  const codecs = new Map<MediaLane, string | null>();
  let attached = false;
  let isDone = false;

  // All buffers have to be there before the first byte, so both init segments are waited for.
  const attach = (): void => {
    if (attached || media.readyState !== "open") return;
    const lanes = ([LANES.video, LANES.audio] as const).filter((lane) => film.hasLane(lane));
    if (lanes.length === 0 || !lanes.every((lane) => codecs.has(lane))) return;
    attached = true;
    const playable = lanes.flatMap((lane) => {
      const type = codecs.get(lane);
      return type !== null && type !== undefined && Source.isTypeSupported(type) ? [{ lane, type }] : [];
    });
    const hasPicture = playable.some(({ lane }) => lane === LANES.video);
    if (!hasPicture && codecs.get(LANES.video) !== null) events.onUnplayable();
    for (const { lane, type } of playable) feeds.get(lane)?.attach(media.addSourceBuffer(type), onAppended);
    for (const lane of feeds.keys()) if (!playable.some((known) => known.lane === lane)) feeds.delete(lane);
    finish();
  };

  const finish = (): void => {
    if (!isDone || !attached || media.readyState !== "open") return;
    if ([...feeds.values()].every(({ isIdle }) => isIdle)) media.endOfStream();
  };

  // WebKit waits in silence for a lane that begins later than the other, and hangs when it is sent on while it appends.
  let calm: ReturnType<typeof setTimeout> | undefined;
  const onAppended = (): void => {
    clearTimeout(calm);
    calm = setTimeout(() => {
      if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) skipGap();
    }, CALM_MS);
    finish();
  };

  /** Playing has come to a gap: go on where it ends. Where loading is merely slow there is nothing behind to go to. */
  const skipGap = (): void => {
    const { buffered, currentTime } = video;
    for (let i = 0; i < buffered.length; i += 1) {
      const start = buffered.start(i);
      if (start > currentTime + 0.01) {
        video.currentTime = start + 0.001;
        return;
      }
      if (buffered.end(i) > currentTime + 0.15) return;
    }
  };

  const url = URL.createObjectURL(media);
  media.addEventListener("sourceopen", attach, { once: true });
  video.addEventListener("waiting", skipGap);
  video.disableRemotePlayback = true; // ManagedMediaSource opens only so
  video.src = url;
  const endFragments = film.onFragment(({ lane, index, bytes }) => {
    const known = lane === LANES.video || lane === LANES.audio ? lane : null;
    if (known === null) return;
    if (index === 0) {
      const track = bytes === null ? null : trackInfo(bytes);
      codecs.set(known, track === null ? null : typeOf(track.kind, track.codec));
    }
    if (bytes !== null) feeds.get(known)?.push(bytes);
    if (film.hasGaps.value) events.onDamage(damageOf(film));
    attach();
  });
  const endState = film.state.subscribe((state) => {
    if (state === "loading") return;
    isDone = true; // what has come plays to its end, also where the rest does not come
    events.onDamage(damageOf(film));
    finish();
  });
  return () => {
    endFragments();
    endState();
    clearTimeout(calm);
    video.removeEventListener("waiting", skipGap);
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
}

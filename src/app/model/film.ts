import { type Signal, signal } from "@preact/signals";
import type { OpenedLane } from "../../owner/open-clip.ts";
import { type ClipTimes, timesOf } from "../../owner/plan-share.ts";
import { type StreamedFragment, streamClip } from "../../owner/stream-clip.ts";
import type { ClipSource, VerifiedClip } from "../../owner/verify-clip.ts";
import { fromHex } from "../../protocol/bytes.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import { playableMp4 } from "../../protocol/fmp4.ts";
import type { Ground } from "../ground/ground.ts";
import { verifiedClip, withSeed } from "./clip-reading.ts";

export type FilmState = "loading" | "whole" | "failed";

/** Opening a second of film holds up the page, which between two of them plays and draws: the first picture too. */
function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel(); // a timer is slowed down where nobody looks
  return new Promise((resolve) => {
    port1.addEventListener("message", () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(null);
  });
}

/** Picture and sound of one clip, opened bit by bit and held in memory, never in storage. */
export class Film {
  readonly id: string;
  readonly state: Signal<FilmState> = signal("loading");
  readonly failure: Signal<unknown> = signal(null);
  /** 0 to 1. */
  readonly loaded: Signal<number> = signal(0);
  readonly hasGaps: Signal<boolean> = signal(false);
  #clip: VerifiedClip | null = null;
  readonly #heard: StreamedFragment[] = [];
  readonly #listeners = new Set<(fragment: StreamedFragment) => void>();
  readonly #abort = new AbortController();

  constructor(id: string) {
    this.id = id;
  }

  /** Once. Settles when all is there, or with `failed` in {@link state}. */
  async load(ground: Ground, source: ClipSource): Promise<void> {
    try {
      source.expectFilm?.(fromHex(this.id));
      const clip = await verifiedClip(ground, source, this.id);
      this.#clip = clip;
      const media = clip.leaves.filter(({ lane }) => lane === LANES.video || lane === LANES.audio).length;
      await withSeed(ground, clip, async (seed) => {
        const opener = { crypto: ground.crypto, source, clip, seed };
        for await (const fragment of streamClip(opener, this.#abort.signal)) {
          this.#heard.push(fragment);
          if (fragment.bytes === null) this.hasGaps.value = true;
          this.loaded.value = this.#heard.length / Math.max(1, media);
          for (const listener of this.#listeners) listener(fragment);
          await nextTask();
        }
      });
      if (!this.#abort.signal.aborted) this.state.value = "whole";
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.failure.value = error;
      this.state.value = "failed";
    }
  }

  stop(): void {
    this.#abort.abort();
  }

  /** @throws Error before the clip's list of fragments is there. */
  get clip(): VerifiedClip {
    if (this.#clip === null) throw new Error("the film has not begun to load");
    return this.#clip;
  }

  /** Hears what has come so far, then what comes; the returned function ends it. */
  onFragment(listener: (fragment: StreamedFragment) => void): () => void {
    for (const fragment of this.#heard) listener(fragment);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  hasLane(lane: number): boolean {
    return this.#clip?.leaves.some((leaf) => leaf.lane === lane && leaf.index > 0) === true;
  }

  lane(lane: typeof LANES.video | typeof LANES.audio): OpenedLane {
    const heard = this.#heard.filter((fragment) => fragment.lane === lane);
    const init = heard.find(({ index }) => index === 0)?.bytes ?? null;
    return { init, fragments: heard.filter(({ index }) => index > 0).map(({ bytes }) => bytes) };
  }

  get times(): ClipTimes {
    return timesOf({ video: this.lane(LANES.video), audio: this.lane(LANES.audio) });
  }

  /**
   * One MP4 of the named ranges (`[first, end)`, media from 1), as the recipient's own software makes it.
   * @throws ProtocolError `mp4/shape`.
   */
  mp4(ranges: readonly { readonly lane: number; readonly first: number; readonly end: number }[]): Uint8Array {
    const part = (lane: typeof LANES.video | typeof LANES.audio) => {
      const range = ranges.find((wanted) => wanted.lane === lane);
      const { init, fragments } = this.lane(lane);
      const whole = fragments
        .slice((range?.first ?? 1) - 1, (range?.end ?? 1) - 1)
        .filter((fragment) => fragment !== null);
      return init === null || whole.length === 0 ? null : { init, fragments: whole };
    };
    return playableMp4(part(LANES.video), part(LANES.audio));
  }

  wholeMp4(): Uint8Array {
    const all = [LANES.video, LANES.audio].map((lane) => ({
      lane,
      first: 1,
      end: this.lane(lane).fragments.length + 1,
    }));
    return this.mp4(all);
  }
}

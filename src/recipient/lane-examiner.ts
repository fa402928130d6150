import { ProtocolError } from "../protocol/errors.ts";
import { fragmentTiming, type TrackInfo, trackInfo } from "../protocol/fmp4.ts";

/** Looks at one lane's plain fragments as they are opened, so that none has to be kept. */
export class LaneExaminer {
  readonly #kind: TrackInfo["kind"];
  #track: TrackInfo | null = null;
  #startTicks: number | null = null;
  #durationTicks = 0;

  constructor(kind: TrackInfo["kind"]) {
    this.#kind = kind;
  }

  get durationMs(): number {
    return this.#track === null ? 0 : Math.round((this.#durationTicks * 1000) / this.#track.timescale);
  }

  /** The init segment first, then each fragment. Says what is wrong, or null. */
  add(bytes: Uint8Array): string | null {
    try {
      return this.#track === null ? this.#addInit(bytes) : this.#addFragment(bytes, this.#track);
    } catch (error) {
      if (error instanceof ProtocolError) return error.message;
      throw error;
    }
  }

  #addInit(bytes: Uint8Array): string | null {
    const track = trackInfo(bytes);
    if (track.kind !== this.#kind) return `a track of ${track.kind}, not of ${this.#kind}`;
    this.#track = track;
    return null;
  }

  #addFragment(bytes: Uint8Array, { timescale }: TrackInfo): string | null {
    const { baseDecodeTime, durationTicks, startsWithKeyFrame } = fragmentTiming(bytes, timescale);
    if (baseDecodeTime < 0) return "it begins before the clip";
    // Ends are not compared: a camera that stamps unevenly makes a fragment's last frame seem too long.
    if (this.#startTicks !== null && baseDecodeTime <= this.#startTicks) return "it does not follow the one before";
    if (this.#startTicks === null && this.#kind === "video" && !startsWithKeyFrame)
      return "it has no key frame to begin with";
    this.#startTicks = baseDecodeTime;
    this.#durationTicks += durationTicks;
    return null;
  }
}

import { type FragmentTiming, fragmentTiming, retime, trackInfo } from "../../protocol/fmp4.ts";
import { type BoxGroup, headOf, joined, wipeAll } from "./box-reader.ts";

export type MediaLane = "video" | "audio";

export interface LaneInit {
  readonly bytes: Uint8Array;
  readonly timescale: number;
}

export function readInit(group: BoxGroup): LaneInit {
  const bytes = joined(group.pieces, group.byteLength);
  return { bytes, timescale: trackInfo(bytes).timescale };
}

/**
 * A fragment as ffmpeg wrote it: times count from the start of this ffmpeg. They are read only when asked for, since
 * between events nobody asks.
 */
export class LaneFragment {
  readonly lane: MediaLane;
  readonly timescale: number;
  /** Monotonic time at which its last byte came: about the end of its last picture or sound. */
  readonly arrivedAtMs: number;
  readonly #group: BoxGroup;
  #timing: FragmentTiming | undefined;

  constructor(lane: MediaLane, timescale: number, arrivedAtMs: number, group: BoxGroup) {
    this.lane = lane;
    this.timescale = timescale;
    this.arrivedAtMs = arrivedAtMs;
    this.#group = group;
  }

  get byteLength(): number {
    return this.#group.byteLength;
  }

  /** moof, then mdat, in the pieces in which they came. */
  get pieces(): readonly Uint8Array[] {
    return this.#group.pieces;
  }

  /** @throws ProtocolError `mp4/shape`. */
  get timing(): FragmentTiming {
    this.#timing ??= fragmentTiming(headOf(this.#group), this.timescale);
    return this.#timing;
  }

  get startMs(): number {
    return this.timing.startMs;
  }

  get endMs(): number {
    return this.timing.startMs + this.timing.durationMs;
  }

  /**
   * The fragment in one piece with another number and time; its old pieces are overwritten.
   * @throws ProtocolError `mp4/shape` where time would fall below zero.
   */
  takeRetimed(sequence: number, subtractTicks: number): Uint8Array<ArrayBuffer> {
    const head = retime(headOf(this.#group), { sequence, subtractTicks });
    const whole = joined(this.#group.pieces, this.#group.byteLength);
    whole.set(head);
    // Whoever keeps the fragment can still ask for its times.
    void this.timing;
    this.wipe();
    return whole;
  }

  /** Its times are gone too, unless they were asked for before. */
  wipe(): void {
    wipeAll(this.#group.pieces);
  }
}

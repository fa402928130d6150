import assert from "node:assert/strict";
import { type FragmentTiming, fragmentTiming, retime, trackInfo } from "../../protocol/fmp4.ts";
import type { BoxGroup } from "./box-reader.ts";
import type { Loan } from "./reused-memory.ts";

const NOTHING = new Uint8Array(0);

export type MediaLane = "video" | "audio";

export interface LaneInit {
  readonly bytes: Uint8Array;
  readonly timescale: number;
}

export function readInit(group: BoxGroup): LaneInit {
  const bytes = group.bytes.slice();
  group.giveBack();
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
  /** Null once it has been handed on or wiped. */
  #group: BoxGroup | null;
  #timing: FragmentTiming | undefined;

  constructor(lane: MediaLane, timescale: number, arrivedAtMs: number, group: BoxGroup) {
    this.lane = lane;
    this.timescale = timescale;
    this.arrivedAtMs = arrivedAtMs;
    this.#group = group;
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  /** moof, then mdat; nothing once it has been handed on or wiped. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#group?.bytes ?? NOTHING;
  }

  /** @throws ProtocolError `mp4/shape`. */
  get timing(): FragmentTiming {
    this.#timing ??= fragmentTiming(this.#head, this.timescale);
    return this.#timing;
  }

  get startMs(): number {
    return this.timing.startMs;
  }

  get endMs(): number {
    return this.timing.startMs + this.timing.durationMs;
  }

  /**
   * Hands on its memory, with another number and time in it.
   * @throws ProtocolError `mp4/shape` where time would fall below zero.
   */
  takeRetimed(sequence: number, subtractTicks: number): Loan {
    // Whoever keeps the fragment can still ask for its times.
    void this.timing;
    const head = retime(this.#head, { sequence, subtractTicks });
    const group = this.#group;
    assert(group !== null, "handed on once");
    group.bytes.set(head);
    this.#group = null;
    return group;
  }

  /** Its times are gone too, unless they were asked for before. */
  wipe(): void {
    this.#group?.giveBack();
    this.#group = null;
  }

  get #head(): Uint8Array {
    return this.bytes.subarray(0, this.#group?.headLength);
  }
}

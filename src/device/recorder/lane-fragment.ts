import { fragmentTiming, retime, trackInfo } from "../../protocol/fmp4.ts";
import { type BoxGroup, headOf, joined, wipeAll } from "./box-reader.ts";

export type MediaLane = "video" | "audio";

export interface LaneInit {
  readonly bytes: Uint8Array;
  readonly timescale: number;
}

/** A fragment as ffmpeg wrote it: times count from the start of this ffmpeg. */
export interface LaneFragment {
  readonly lane: MediaLane;
  /** moof, then mdat. */
  readonly group: BoxGroup;
  readonly startMs: number;
  readonly durationMs: number;
  readonly baseDecodeTime: number;
  readonly timescale: number;
  readonly keyFrame: boolean;
}

export function readInit(group: BoxGroup): LaneInit {
  const bytes = joined(group.pieces, group.byteLength);
  return { bytes, timescale: trackInfo(bytes).timescale };
}

export function readFragment(lane: MediaLane, group: BoxGroup, timescale: number): LaneFragment {
  const timing = fragmentTiming(headOf(group), timescale);
  return {
    lane,
    group,
    startMs: timing.startMs,
    durationMs: timing.durationMs,
    baseDecodeTime: timing.baseDecodeTime,
    timescale,
    keyFrame: timing.startsWithKeyFrame,
  };
}

/**
 * The fragment in one piece with another number and time; its old pieces are overwritten.
 * @throws ProtocolError `mp4/shape` where time would fall below zero.
 */
export function retimed({ group }: LaneFragment, sequence: number, subtractTicks: number): Uint8Array<ArrayBuffer> {
  const head = retime(headOf(group), { sequence, subtractTicks });
  const whole = joined(group.pieces, group.byteLength);
  whole.set(head);
  wipeAll(group.pieces);
  return whole;
}

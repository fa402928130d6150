import { LaneFragment, type MediaLane } from "../../../src/device/recorder/lane-fragment.ts";
import { ReusedMemory } from "../../../src/device/recorder/reused-memory.ts";
import { concatBytes, u32, u64, utf8 } from "../../../src/protocol/bytes.ts";

export const box = (type: string, ...content: readonly Uint8Array[]): Uint8Array => {
  const body = concatBytes(...content);
  return concatBytes(u32(body.length + 8), utf8(type), body);
};

export interface Made {
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly payload?: Uint8Array;
}

/** A moof and mdat as ffmpeg writes them, with one sample. */
export function madeFragment({ startTicks, durationTicks, payload = utf8("plain picture") }: Made): Uint8Array {
  const mfhd = box("mfhd", u32(0), u32(99));
  const tfhd = box("tfhd", u32(0x02_0000), u32(1));
  const tfdt = box("tfdt", u32(0x0100_0000), u64(startTicks));
  const trun = box("trun", u32(0x0000_0305), u32(1), u32(0), u32(0x0200_0000), u32(durationTicks), u32(payload.length));
  return concatBytes(box("moof", mfhd, box("traf", tfhd, tfdt, trun)), box("mdat", payload));
}

export const TIMESCALE = 1000;

/** One in a timescale of milliseconds that arrived when it ended. */
export function laneFragment(lane: MediaLane, startMs: number, durationMs = 1000, payload?: Uint8Array): LaneFragment {
  const bytes = madeFragment({
    startTicks: startMs,
    durationTicks: durationMs,
    ...(payload === undefined ? {} : { payload }),
  });
  const headLength = bytes.length - 8 - (payload?.length ?? utf8("plain picture").length);
  const loan = new ReusedMemory().lend(bytes.length);
  loan.bytes.set(bytes);
  const group = { kind: "fragment", ...loan, headLength } as const;
  return new LaneFragment(lane, TIMESCALE, startMs + durationMs, group);
}

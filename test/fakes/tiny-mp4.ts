import { concatBytes, u32, u64, utf8 } from "../../src/protocol/bytes.ts";
import { makeBox } from "../../src/protocol/mp4-boxes.ts";

const TIMESCALE = 1000;
const zeros = (length: number): Uint8Array => new Uint8Array(length);

/** Init segment of one track in milliseconds; it parses and decodes to nothing. */
export function tinyInit(kind: "video" | "audio"): Uint8Array {
  const trackHeader = makeBox("tkhd", zeros(12), u32(1), zeros(68));
  const mediaHeader = makeBox("mdhd", zeros(12), u32(TIMESCALE), zeros(8));
  const handler = makeBox("hdlr", zeros(8), utf8(kind === "video" ? "vide" : "soun"), zeros(13));
  const entry = makeBox(kind === "video" ? "hvc1" : "Opus", zeros(78));
  const samples = makeBox("stbl", makeBox("stsd", zeros(4), u32(1), entry));
  const track = makeBox("trak", trackHeader, makeBox("mdia", mediaHeader, handler, makeBox("minf", samples)));
  const movieHeader = makeBox("mvhd", zeros(96), u32(2));
  const defaults = makeBox("mvex", makeBox("trex", zeros(4), u32(1), u32(1), zeros(12)));
  return concatBytes(makeBox("ftyp", utf8("iso5"), zeros(4)), makeBox("moov", movieHeader, track, defaults));
}

const DEFAULT_FLAGS_AND_DURATION = 0x28;

/** One second, beginning with a key frame, around the given payload. */
export function tinyFragment(second: number, payload: Uint8Array): Uint8Array {
  const sequence = makeBox("mfhd", zeros(4), u32(second + 1));
  const header = makeBox("tfhd", u32(DEFAULT_FLAGS_AND_DURATION), u32(1), u32(TIMESCALE), u32(0));
  const time = makeBox("tfdt", Uint8Array.of(1, 0, 0, 0), u64(second * TIMESCALE));
  const run = makeBox("trun", u32(0), u32(1));
  return concatBytes(makeBox("moof", sequence, makeBox("traf", header, time, run)), makeBox("mdat", payload));
}

/** Init and as many seconds; every payload is another text. */
export function tinyLane(kind: "video" | "audio", seconds: number, word = kind as string): Uint8Array[] {
  const fragments = Array.from({ length: seconds }, (_, i) => tinyFragment(i, utf8(`${word} of second ${i}`)));
  return [tinyInit(kind), ...fragments];
}

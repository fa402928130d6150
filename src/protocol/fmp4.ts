/**
 * The little of fragmented MP4 that sealing and playing need: what a track is, when a fragment plays, moving it in
 * time, and putting lanes together into one file. Nothing is re-encoded, so a fragment keeps its own bytes.
 */

import { concatBytes, toHex, u32, u64 } from "./bytes.ts";
import { type Box, boxes, FieldReader, findBox, makeBox, mp4Error, needBox } from "./mp4-boxes.ts";
import { openRun, RUN_FIELDS, type SampleDefaults, sampleDefaults, versionAndFlags } from "./mp4-runs.ts";

export { type Box, boxes } from "./mp4-boxes.ts";

export interface TrackInfo {
  readonly trackId: number;
  /** Ticks per second. */
  readonly timescale: number;
  readonly kind: "video" | "audio";
  /** RFC 6381, for MediaSource: `avc1.64001f`, `mp4a.40.2`. */
  readonly codec: string;
}

const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;
const DECODER_SPECIFIC_INFO = 5;
/** Bytes of the descriptors before their first child: ES_Descriptor without optional parts, DecoderConfigDescriptor. */
const DESCRIPTOR_HEAD_BYTES = new Map([
  [3, 3],
  [4, 13],
]);

/** Object type of AAC, five bits at the beginning of its decoder-specific info (ISO/IEC 14496-1 and -3). */
function aacObjectType(esds: Uint8Array): number | null {
  const reader = new FieldReader(esds, 4);
  while (reader.position < esds.length) {
    const tag = reader.u8();
    for (let byte = reader.u8(); byte >= 0x80; ) byte = reader.u8();
    if (tag === DECODER_SPECIFIC_INFO) return reader.u8() >> 3;
    reader.skip(DESCRIPTOR_HEAD_BYTES.get(tag) ?? esds.length);
  }
  return null;
}

/** The first of `stsd`. */
function sampleEntry(sampleDescriptions: Uint8Array): Box {
  const [entry] = boxes(sampleDescriptions.subarray(8));
  if (entry === undefined) throw mp4Error("track without a sample description");
  return entry;
}

function codecOf(sampleDescriptions: Uint8Array): string {
  const entry = sampleEntry(sampleDescriptions);
  if (entry.type === "avc1" || entry.type === "avc3") {
    const configuration = findBox(entry.content.subarray(VISUAL_ENTRY_BYTES), "avcC");
    if (configuration !== null) return `${entry.type}.${toHex(configuration.content.subarray(1, 4))}`;
  }
  if (entry.type === "mp4a") {
    const esds = findBox(entry.content.subarray(AUDIO_ENTRY_BYTES), "esds");
    const objectType = esds === null ? null : aacObjectType(esds.content);
    if (objectType !== null) return `mp4a.40.${objectType}`;
  }
  return entry.type;
}

/** What a decoder of H.264 has to know first: the content of `avcC` (ISO/IEC 14496-15). @throws ProtocolError `mp4/shape`. */
export function h264Configuration(init: Uint8Array): Uint8Array {
  const descriptions = needBox(init, "moov", "trak", "mdia", "minf", "stbl", "stsd").content;
  return needBox(sampleEntry(descriptions).content.subarray(VISUAL_ENTRY_BYTES), "avcC").content;
}

const KINDS: Readonly<Record<string, TrackInfo["kind"]>> = { vide: "video", soun: "audio" };

/** Describes the first track of an init segment. @throws ProtocolError `mp4/shape`. */
export function trackInfo(init: Uint8Array): TrackInfo {
  const track = needBox(init, "moov", "trak").content;
  const trackHeader = new FieldReader(needBox(track, "tkhd").content);
  const trackId = trackHeader.skip(versionAndFlags(trackHeader).version === 1 ? 16 : 8).u32();
  const mediaHeader = new FieldReader(needBox(track, "mdia", "mdhd").content);
  const timescale = mediaHeader.skip(versionAndFlags(mediaHeader).version === 1 ? 16 : 8).u32();
  const handler = new FieldReader(needBox(track, "mdia", "hdlr").content, 8).text(4);
  const kind = KINDS[handler];
  if (kind === undefined || timescale === 0) throw mp4Error(`track is neither picture nor sound: ${handler}`);
  const codec = codecOf(needBox(track, "mdia", "minf", "stbl", "stsd").content);
  return { trackId, timescale, kind, codec };
}

export interface FragmentTiming {
  readonly baseDecodeTime: number;
  readonly durationTicks: number;
  /** By the timescale given, from the track's time zero. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly sequence: number;
  readonly startsWithKeyFrame: boolean;
}

const NON_SYNC_SAMPLE = 0x1_0000;

function readRun(run: Uint8Array, defaults: SampleDefaults): { durationTicks: number; firstFlags: number | null } {
  const { flags, count, firstFlags: runFlags, at } = openRun(run);
  const firstFlags = runFlags ?? (count > 0 ? at(0, RUN_FIELDS.flags) : null) ?? defaults.flags;
  if (flags & RUN_FIELDS.duration) {
    let durationTicks = 0;
    for (let sample = 0; sample < count; sample += 1) durationTicks += at(sample, RUN_FIELDS.duration) ?? 0;
    return { durationTicks, firstFlags };
  }
  if (defaults.duration === null) throw mp4Error("fragment without sample durations");
  return { durationTicks: count * defaults.duration, firstFlags };
}

/** ffmpeg 7 writes times below zero where pictures are reordered, although the field is unsigned (ISO/IEC 14496-12, 8.8.12). */
function readDecodeTime(box: Uint8Array): number {
  const reader = new FieldReader(box);
  return versionAndFlags(reader).version === 1 ? reader.i64() : reader.u32();
}

/** When a fragment (moof and mdat of one track) plays. @throws ProtocolError `mp4/shape`. */
export function fragmentTiming(fragment: Uint8Array, timescale: number): FragmentTiming {
  const moof = needBox(fragment, "moof").content;
  const sequence = new FieldReader(needBox(moof, "mfhd").content, 4).u32();
  const track = needBox(moof, "traf").content;
  const defaults = sampleDefaults(needBox(track, "tfhd").content);
  const baseDecodeTime = readDecodeTime(needBox(track, "tfdt").content);
  const runs = boxes(track).flatMap(({ type, content }) => (type === "trun" ? [readRun(content, defaults)] : []));
  const durationTicks = runs.reduce((sum, run) => sum + run.durationTicks, 0);
  const firstFlags = runs[0]?.firstFlags ?? null;
  const toMs = (ticks: number): number => (ticks * 1000) / timescale;
  return {
    baseDecodeTime,
    durationTicks,
    startMs: toMs(baseDecodeTime),
    durationMs: toMs(durationTicks),
    sequence,
    startsWithKeyFrame: firstFlags !== null && (firstFlags & NON_SYNC_SAMPLE) === 0,
  };
}

export interface Retiming {
  readonly sequence: number;
  readonly subtractTicks: number;
  /** Moves the fragment to another track when given. */
  readonly trackId?: number;
}

/** A copy of the fragment with another number and time. @throws ProtocolError `mp4/shape` for a time below zero. */
export function retime(fragment: Uint8Array, { sequence, subtractTicks, trackId }: Retiming): Uint8Array {
  const copy = Uint8Array.from(fragment);
  const moof = needBox(copy, "moof").content;
  needBox(moof, "mfhd").content.set(u32(sequence), 4);
  const track = needBox(moof, "traf").content;
  if (trackId !== undefined) needBox(track, "tfhd").content.set(u32(trackId), 4);
  const time = needBox(track, "tfdt").content;
  const moved = readDecodeTime(time) - subtractTicks;
  if (moved < 0) throw mp4Error("fragment would begin before time zero");
  time.set(time[0] === 1 ? u64(moved) : u32(moved), 4);
  return copy;
}

/** One instant in another track's ticks. */
export const convertTicks = (ticks: number, fromTimescale: number, toTimescale: number): number =>
  Math.round((ticks * toTimescale) / fromTimescale);

/** Drops whatever edit list there is and makes one that starts playing at `mediaTime` (ISO/IEC 14496-12, 8.6.6). */
function startingAt(track: Uint8Array, mediaTime: number): Uint8Array {
  const parts = boxes(needBox(track, "trak").content).filter(({ type }) => type !== "edts");
  // One entry; a duration of zero reaches to the end of a fragmented file; rate 1.0.
  const edit = makeBox("edts", makeBox("elst", u32(0), u32(1), u32(0), u32(mediaTime), u32(0x1_0000)));
  return makeBox("trak", ...parts.flatMap(({ type, bytes }) => (type === "tkhd" ? [bytes, edit] : [bytes])));
}

/** An init segment's track and its defaults under another track number. */
function renumbered(init: Uint8Array, trackId: number): { readonly track: Uint8Array; readonly defaults: Uint8Array } {
  const track = Uint8Array.from(needBox(init, "moov", "trak").bytes);
  const header = needBox(track, "trak", "tkhd").content;
  header.set(u32(trackId), header[0] === 1 ? 20 : 12);
  const defaults = Uint8Array.from(needBox(init, "moov", "mvex", "trex").bytes);
  defaults.set(u32(trackId), 12);
  return { track, defaults };
}

/** One lane's part of what is to be played. */
export interface PlayableLane {
  readonly init: Uint8Array;
  /** In order. */
  readonly fragments: readonly Uint8Array[];
}

/** One init segment for all lanes, picture first, tracks numbered from 1. */
function initOf(lanes: readonly PlayableLane[], firstCompositionOffset: number): Uint8Array {
  const [first] = lanes;
  if (first === undefined) throw mp4Error("neither picture nor sound to play");
  const parts = lanes.map(({ init }, i) => renumbered(init, i + 1));
  const tracks = parts.map(({ track }, i) =>
    i === 0 && firstCompositionOffset !== 0 ? startingAt(track, firstCompositionOffset) : track,
  );
  const movieHeader = Uint8Array.from(needBox(first.init, "moov", "mvhd").bytes);
  movieHeader.set(u32(lanes.length + 1), movieHeader.length - 4);
  const defaults = makeBox("mvex", ...parts.map((part) => part.defaults));
  const moov = makeBox("moov", movieHeader, ...tracks, defaults);
  return concatBytes(needBox(first.init, "ftyp").bytes, moov);
}

interface PlacedFragment {
  readonly fragment: Uint8Array;
  readonly startMs: number;
  readonly subtractTicks: number;
  readonly trackId: number;
}

function placed(lane: PlayableLane, trackId: number, zeroMs: number): PlacedFragment[] {
  const { timescale } = trackInfo(lane.init);
  const zeroTicks = Math.round((zeroMs * timescale) / 1000);
  const starts = lane.fragments.map((fragment) => fragmentTiming(fragment, timescale));
  // Rounding between two timescales must not put the first sound a tick before zero.
  const subtractTicks = Math.min(zeroTicks, ...starts.map(({ baseDecodeTime }) => baseDecodeTime));
  return lane.fragments.map((fragment, i) => ({ fragment, startMs: starts[i]?.startMs ?? 0, subtractTicks, trackId }));
}

const firstStartMs = ({ init, fragments }: PlayableLane): number =>
  fragments[0] === undefined
    ? Number.POSITIVE_INFINITY
    : fragmentTiming(fragments[0], trackInfo(init).timescale).startMs;

/** How long after its decoding the first picture is shown: pictures that refer to later ones make all wait. */
function firstCompositionOffset({ fragments: [first] }: PlayableLane): number {
  if (first === undefined) return 0;
  const { version, count, at } = openRun(needBox(first, "moof", "traf", "trun").content);
  const offset = count > 0 ? (at(0, RUN_FIELDS.compositionOffset) ?? 0) : 0;
  return version > 0 && offset >= 0x8000_0000 ? 0 : offset;
}

/**
 * One MP4 that begins at time zero with the first picture (without picture, the first sound), whatever part of a clip
 * its fragments are from. @throws ProtocolError `mp4/shape`.
 */
export function playableMp4(video: PlayableLane | null, audio: PlayableLane | null): Uint8Array {
  const lanes = [video, audio].filter((lane) => lane !== null);
  const [first] = lanes;
  if (first === undefined) throw mp4Error("neither picture nor sound to play");
  const zeroMs = firstStartMs(first);
  const offset = video === null ? 0 : firstCompositionOffset(video);
  const asItIs = lanes.length === 1 && offset === 0;
  const trackId = (i: number): number => (asItIs ? trackInfo(first.init).trackId : i + 1);
  const fragments = lanes
    .flatMap((lane, i) => placed(lane, trackId(i), zeroMs))
    .toSorted((a, b) => a.startMs - b.startMs);
  return concatBytes(
    asItIs ? first.init : initOf(lanes, offset),
    ...fragments.map(({ fragment, subtractTicks, trackId }, i) =>
      retime(fragment, { sequence: i + 1, subtractTicks, trackId }),
    ),
  );
}

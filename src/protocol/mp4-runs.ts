/** Track runs of ISO/IEC 14496-12 (8.8.7, 8.8.8): where and how long the samples of a fragment are. */

import { readU32 } from "./bytes.ts";
import { FieldReader, mp4Error } from "./mp4-boxes.ts";

/** Of a full box: one byte of version, three of flags. */
export function versionAndFlags(reader: FieldReader): { readonly version: number; readonly flags: number } {
  const word = reader.u32();
  return { version: word >>> 24, flags: word & 0xff_ffff };
}

/** Fields that a track fragment's header may have, in their order. */
const HEADER_FIELDS = {
  baseDataOffset: 0x1,
  sampleDescription: 0x2,
  duration: 0x8,
  size: 0x10,
  flags: 0x20,
} as const;
const BASE_DATA_OFFSET_BYTES = 8;
/** Any other field, in headers and runs. */
const FIELD_BYTES = 4;

/** What holds for every sample of a fragment whose run does not say it; null where nobody says it. */
export interface SampleDefaults {
  readonly duration: number | null;
  readonly size: number | null;
  readonly flags: number | null;
}

/** @param trackFragmentHeader - Content of a `tfhd`. */
export function sampleDefaults(trackFragmentHeader: Uint8Array): SampleDefaults {
  const reader = new FieldReader(trackFragmentHeader);
  const { flags } = versionAndFlags(reader);
  reader.skip(FIELD_BYTES); // the track's number
  if (flags & HEADER_FIELDS.baseDataOffset) reader.skip(BASE_DATA_OFFSET_BYTES);
  if (flags & HEADER_FIELDS.sampleDescription) reader.skip(FIELD_BYTES);
  const duration = flags & HEADER_FIELDS.duration ? reader.u32() : null;
  const size = flags & HEADER_FIELDS.size ? reader.u32() : null;
  return { duration, size, flags: flags & HEADER_FIELDS.flags ? reader.u32() : null };
}

/** Fields that a track run may have once, in their order: where its data begins, flags of its first sample. */
export const RUN_HEADER_FIELDS = { dataOffset: 0x1, firstSampleFlags: 0x4 } as const;

/** Fields that a track run may have for each sample, in their order: duration, size, flags, composition offset. */
export const RUN_FIELDS = { duration: 0x100, size: 0x200, flags: 0x400, compositionOffset: 0x800 } as const;

export interface Run {
  readonly version: number;
  readonly flags: number;
  readonly count: number;
  /** Of the first sample, where the run gives them apart. */
  readonly firstFlags: number | null;
  /** A field of one sample; null where the run has no such field. */
  readonly at: (sample: number, field: number) => number | null;
}

/** @param run - Content of a `trun`. @throws ProtocolError `mp4/shape`. */
export function openRun(run: Uint8Array): Run {
  const reader = new FieldReader(run);
  const { version, flags } = versionAndFlags(reader);
  const count = reader.u32();
  if (flags & RUN_HEADER_FIELDS.dataOffset) reader.skip(FIELD_BYTES);
  const firstFlags = flags & RUN_HEADER_FIELDS.firstSampleFlags ? reader.u32() : null;
  const fields: readonly number[] = Object.values(RUN_FIELDS).filter((field) => flags & field);
  // The count is the sender's: without fields a run of four billion samples takes no bytes, so it is never counted through.
  if (reader.position + count * fields.length * FIELD_BYTES > run.length) throw mp4Error("track run is cut short");
  const at = (sample: number, field: number): number | null => {
    const place = fields.indexOf(field);
    return place < 0 ? null : readU32(run, reader.position + (sample * fields.length + place) * FIELD_BYTES);
  };
  return { version, flags, count, firstFlags, at };
}

import { concatBytes, u32 } from "./bytes.ts";
import { FieldReader, makeBox, mp4Error, needBox } from "./mp4-boxes.ts";
import { openRun, RUN_FIELDS, RUN_HEADER_FIELDS, sampleDefaults } from "./mp4-runs.ts";

const DEFAULT_BASE_IS_MOOF = 0x2_0000;
/** Depends on no other (ISO/IEC 14496-12, 8.8.3.1). */
const KEY_FRAME = 0x200_0000;
const RUN_FLAGS =
  RUN_HEADER_FIELDS.dataOffset | RUN_HEADER_FIELDS.firstSampleFlags | RUN_FIELDS.duration | RUN_FIELDS.size;

/**
 * An MP4 that shows only the key frame that a fragment of pictures begins with, from time zero. No other copy is made of it.
 * @throws ProtocolError `mp4/shape`.
 */
export function onePictureMp4(init: Uint8Array, fragment: Uint8Array): Uint8Array {
  const track = needBox(fragment, "moof", "traf").content;
  const header = needBox(track, "tfhd").content;
  const { count, at } = openRun(needBox(track, "trun").content);
  if (count === 0) throw mp4Error("no picture to take out");
  const defaults = sampleDefaults(header);
  const size = at(0, RUN_FIELDS.size) ?? defaults.size ?? 0;
  const duration = at(0, RUN_FIELDS.duration) ?? defaults.duration;
  const data = needBox(fragment, "mdat").content;
  if (size === 0 || duration === null || size > data.length) throw mp4Error("no picture to take out");
  const dataHeader = makeBox("mdat");
  dataHeader.set(u32(dataHeader.length + size));
  const moof = (dataOffset: number): Uint8Array =>
    makeBox(
      "moof",
      makeBox("mfhd", u32(0), u32(1)),
      makeBox(
        "traf",
        makeBox("tfhd", u32(DEFAULT_BASE_IS_MOOF), u32(new FieldReader(header, 4).u32())),
        makeBox("tfdt", u32(0), u32(0)),
        makeBox("trun", ...[RUN_FLAGS, 1, dataOffset, KEY_FRAME, duration, size].map(u32)),
      ),
    );
  return concatBytes(init, moof(moof(0).length + dataHeader.length), dataHeader, data.subarray(0, size));
}

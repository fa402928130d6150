import { concatBytes, u32 } from "./bytes.ts";
import { playableMp4 } from "./fmp4.ts";
import { FieldReader, makeBox, mp4Error, needBox } from "./mp4-boxes.ts";
import { openRun, RUN_FIELDS, RUN_HEADER_FIELDS, sampleDefaults } from "./mp4-runs.ts";

const DEFAULT_BASE_IS_MOOF = 0x2_0000;
/** Depends on no other (ISO/IEC 14496-12, 8.8.3.1). */
const KEY_FRAME = 0x200_0000;
const BOX_HEADER_BYTES = 8;

function fragmentOfFirstPicture(fragment: Uint8Array): Uint8Array {
  const track = needBox(fragment, "moof", "traf").content;
  const header = needBox(track, "tfhd").content;
  const { version, count, at } = openRun(needBox(track, "trun").content);
  const defaults = sampleDefaults(header);
  const size = at(0, RUN_FIELDS.size) ?? defaults.size;
  const duration = at(0, RUN_FIELDS.duration) ?? defaults.duration;
  const data = needBox(fragment, "mdat").content;
  const holdsPicture = count > 0 && size !== null && size > 0 && size <= data.length;
  if (!holdsPicture || duration === null) throw mp4Error("no picture to take out");
  const offset = at(0, RUN_FIELDS.compositionOffset) ?? 0;
  const trackId = new FieldReader(header, 4).u32();
  const flags =
    RUN_HEADER_FIELDS.dataOffset |
    RUN_HEADER_FIELDS.firstSampleFlags |
    RUN_FIELDS.duration |
    RUN_FIELDS.size |
    RUN_FIELDS.compositionOffset;
  const moof = (dataOffset: number): Uint8Array =>
    makeBox(
      "moof",
      makeBox("mfhd", u32(0), u32(1)),
      makeBox(
        "traf",
        makeBox("tfhd", u32(DEFAULT_BASE_IS_MOOF), u32(trackId)),
        makeBox("tfdt", u32(0), u32(0)),
        makeBox(
          "trun",
          u32(((version << 24) | flags) >>> 0),
          ...[1, dataOffset, KEY_FRAME, duration, size, offset].map(u32),
        ),
      ),
    );
  return concatBytes(moof(moof(0).length + BOX_HEADER_BYTES), makeBox("mdat", data.subarray(0, size)));
}

/**
 * An MP4 that shows only the key frame that a fragment of pictures begins with.
 * @throws ProtocolError `mp4/shape`.
 */
export const onePictureMp4 = (init: Uint8Array, fragment: Uint8Array): Uint8Array =>
  playableMp4({ init, fragments: [fragmentOfFirstPicture(fragment)] }, null);

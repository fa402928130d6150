/** What a clip says of itself in its meta lane, sealed like the picture. */

import { decodeJson, encodeJson } from "./canonical-json.ts";
import { ProtocolError } from "./errors.ts";
import { array, integer, literal, object, type Shape, type ValueOf } from "./shape.ts";
import { MAX_LANE_LEAVES } from "./statements/manifest.ts";

/** More than a day of durations needs less. */
export const MAX_META_BYTES = 1024 * 1024;

export const META = { opening: 0, closing: 1 } as const;

const milliseconds = integer(0, Number.MAX_SAFE_INTEGER);

const openingShape = object({
  trigger: literal("ring", "motion"),
  /** Unix milliseconds of the trigger, by the device's clock. */
  startMs: milliseconds,
  clock: literal("synced", "unsynced"),
  /** How long before the trigger the picture begins. */
  preRollMs: milliseconds,
});

const closingShape = object({
  durationMs: milliseconds,
  /** Of each media fragment, from index 1 on. */
  video: array(milliseconds, MAX_LANE_LEAVES),
  audio: array(milliseconds, MAX_LANE_LEAVES),
  /** Later triggers that extended the clip, from the beginning of the picture. */
  retriggers: array(milliseconds, MAX_LANE_LEAVES),
});

/** Meta 0, sealed when the clip opens. */
export type OpeningMeta = ValueOf<typeof openingShape>;
/** Meta 1, sealed when the clip closes; a cut clip has none. */
export type ClosingMeta = ValueOf<typeof closingShape>;

function decode<T>(shape: Shape<T>, bytes: Uint8Array): T {
  if (bytes.length > MAX_META_BYTES) throw new ProtocolError("meta/shape", "meta record above 1 MiB");
  try {
    return shape.read(decodeJson(bytes));
  } catch (cause) {
    throw new ProtocolError("meta/shape", "meta record of an unknown form", { cause });
  }
}

export const encodeOpeningMeta = (meta: OpeningMeta): Uint8Array => encodeJson(openingShape.write(meta));
export const encodeClosingMeta = (meta: ClosingMeta): Uint8Array => encodeJson(closingShape.write(meta));

/** @throws {@link ProtocolError} `meta/shape`. */
export const decodeOpeningMeta = (bytes: Uint8Array): OpeningMeta => decode(openingShape, bytes);
/** @throws {@link ProtocolError} `meta/shape`. */
export const decodeClosingMeta = (bytes: Uint8Array): ClosingMeta => decode(closingShape, bytes);

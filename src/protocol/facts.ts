/** What an owner may add to a share, each off by default: sealed to the recipient, beside the grant. */

import { fromBase64url, toBase64url } from "./bytes.ts";
import { decodeJson, encodeJson } from "./canonical-json.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { openSealed, sealTo } from "./sealed-message.ts";
import { integer, nullable, object, type Shape, text, type ValueOf } from "./shape.ts";

/** A statement of a few hundred bytes, in base64url. */
const statement: Shape<Uint8Array> = {
  read: (json) => fromBase64url(text(4_096).read(json)),
  write: toBase64url,
};

const shape = object({
  version: integer(1, 1),
  name: nullable(text(120)),
  contact: nullable(text(240)),
  /** Where the camera stands and looks. */
  place: nullable(text(500)),
  /** Measured error of the device's clock: its time minus true time, in milliseconds. */
  clockErrorMs: nullable(integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  /** The `clip-key` statement: ties the clip to the owner's doorbell, and so to its other shares. */
  clipKey: nullable(statement),
});

export type Facts = Omit<ValueOf<typeof shape>, "version">;

export const NO_FACTS: Facts = { name: null, contact: null, place: null, clockErrorMs: null, clipKey: null };

export function sealFacts(crypto: Crypto, facts: Facts, recipientBoxPublic: Uint8Array): Uint8Array {
  return sealTo(crypto, recipientBoxPublic, encodeJson(shape.write({ version: 1, ...facts })));
}

/** Null when they are sealed to somebody else. @throws {@link ProtocolError} `json/shape`, `json/encoding`. */
export function openFacts(crypto: Crypto, sealed: Uint8Array, recipientBoxKey: BoxKeyPair): Facts | null {
  const plain = openSealed(crypto, recipientBoxKey, sealed);
  if (plain === null) return null;
  const json = decodeJson(plain);
  try {
    const { version: _, ...facts } = shape.read(json);
    return facts;
  } catch (cause) {
    throw new ProtocolError("json/shape", "the owner's additions are of an unknown form", { cause });
  }
}

/** What an owner may add to a share, each part off by default. It rides sealed to the recipient and is the owner's word alone. */

import { fromBase64url, toBase64url } from "./bytes.ts";
import { decodeJson, encodeJson } from "./canonical-json.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { openSealed, sealTo } from "./sealed-message.ts";
import { integer, nullable, object, type Shape, text, type ValueOf } from "./shape.ts";

const envelope: Shape<Uint8Array> = {
  read: (json) => fromBase64url(text(16_384).read(json)),
  write: toBase64url,
};

const shape = object({
  /** Where the camera stands and looks. */
  camera: nullable(text(500)),
  /** Device clock minus true time, in milliseconds, as the owner's app measured it. */
  clockErrorMs: nullable(integer(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  name: nullable(text(120)),
  contact: nullable(text(200)),
  /** The device's `clip-key` statement: shows which shares come from the same doorbell. */
  clipKey: nullable(envelope),
});

export type Facts = ValueOf<typeof shape>;

export const NO_FACTS: Facts = { camera: null, clockErrorMs: null, name: null, contact: null, clipKey: null };

export const sealFacts = (crypto: Crypto, facts: Facts, recipientBoxPublic: Uint8Array): Uint8Array =>
  sealTo(crypto, recipientBoxPublic, encodeJson(shape.write(facts)));

/** Null when they are sealed to somebody else or are not of the known form. */
export function openFacts(crypto: Crypto, sealed: Uint8Array, boxKey: BoxKeyPair): Facts | null {
  const plain = openSealed(crypto, boxKey, sealed);
  if (plain === null) return null;
  try {
    return shape.read(decodeJson(plain));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Keys of the day: a one-way chain, so that deleting a day's key closes that day and all before it. */

import { utf8, wipe } from "./bytes.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";

const DAY = utf8("day");
const BOX = utf8("box");

/** `e_{d+1} = HMAC(e_d, "day")` */
export const nextDay = (crypto: Crypto, chainKey: Uint8Array): Uint8Array => crypto.hmac(chainKey, DAY);

/** @throws RangeError for a day before the chain key's own: the chain only goes forward. */
export function dayKey(crypto: Crypto, chainKey: Uint8Array, fromDay: number, day: number): Uint8Array {
  if (!Number.isInteger(day - fromDay) || day < fromDay) throw new RangeError(`day ${day} lies before ${fromDay}`);
  let key = Uint8Array.from(chainKey);
  for (let at = fromDay; at < day; at += 1) {
    const next = nextDay(crypto, key);
    wipe(key);
    key = Uint8Array.from(next);
  }
  return key;
}

/** X25519 pair of a day, from `HMAC(e_d, "box")`. */
export function dayBoxKey(crypto: Crypto, chainKey: Uint8Array): BoxKeyPair {
  return crypto.boxKeyFromSecret(crypto.hmac(chainKey, BOX));
}

import { wipe } from "./bytes.ts";
import type { BoxKeyPair, Crypto } from "./crypto.ts";

/** A key pair for one use. Its secret is in the returned array alone, which the caller wipes. */
export function ephemeralBoxKey(crypto: Crypto): BoxKeyPair {
  const secret = crypto.randomBytes(32);
  const pair = crypto.boxKeyFromSecret(secret);
  wipe(secret);
  return pair;
}

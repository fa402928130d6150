/** The cryptography that runs anywhere: tweetnacl for the NaCl parts, @noble for hashes, the check of keys and of signatures. */

import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import nacl from "tweetnacl";
import { concatBytes, equalBytes } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { isGoodPublicKey, verifyEd25519 } from "./ed25519-verify.ts";
import { ProtocolError } from "./errors.ts";

/** What one call of getRandomValues gives at most. */
const RANDOM_BYTES_PER_CALL = 65_536;

/** The box key that every all-zero X25519 result leads to; tweetnacl gives it without a word. Made at first use: it costs 10 ms. */
let weakBoxKey: Uint8Array | undefined;

function isWeakBoxKey(key: Uint8Array): boolean {
  weakBoxKey ??= nacl.box.before(new Uint8Array(32), new Uint8Array(32));
  return equalBytes(key, weakBoxKey);
}

/** Part by part: joining them first would copy every entry of a log. */
function hashOf(parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** The engine's own takes a fifth of the time for a log's entries, which makes up for a promise each. */
async function hashesOf(messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const { subtle } = crypto;
  if (subtle === undefined) return messages.map((message) => hashOf([message]));
  const hashes = await Promise.all(messages.map((message) => subtle.digest("SHA-256", message)));
  return hashes.map((hash) => new Uint8Array(hash));
}

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts);

export const portableCrypto: Crypto = {
  randomBytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += RANDOM_BYTES_PER_CALL) {
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_PER_CALL));
    }
    return bytes;
  },
  sha256: (...parts) => hashOf(parts),
  sha256Each: hashesOf,
  hmac: (key, ...parts) => hmac(sha256, key, joined(parts)),
  hkdf: (inputKey, salt, info, length) => hkdf(sha256, inputKey, salt, info, length),

  signingKeyFromSeed: (seed) => nacl.sign.keyPair.fromSeed(seed),
  sign: (secretKey, message) => nacl.sign.detached(message, secretKey),
  verify: verifyEd25519,
  checkPublicKey: isGoodPublicKey,

  boxKeyFromSecret: (secret) => nacl.box.keyPair.fromSecretKey(secret),
  agree(secretKey, publicKey) {
    const shared = nacl.scalarMult(secretKey, publicKey);
    if (equalBytes(shared, new Uint8Array(32))) throw new ProtocolError("key/weak", "key agreement gave all zeros");
    return shared;
  },
  box(plain, nonce, theirPublic, mySecret) {
    const key = nacl.box.before(theirPublic, mySecret);
    if (isWeakBoxKey(key)) throw new ProtocolError("key/weak", "key agreement gave all zeros");
    return nacl.secretbox(plain, nonce, key);
  },
  openBox(sealed, nonce, theirPublic, mySecret) {
    const key = nacl.box.before(theirPublic, mySecret);
    return isWeakBoxKey(key) ? null : nacl.secretbox.open(sealed, nonce, key);
  },
  secretbox: (plain, nonce, key) => nacl.secretbox(plain, nonce, key),
  openSecretbox: (sealed, nonce, key) => nacl.secretbox.open(sealed, nonce, key),
};

/** The cryptography that runs anywhere: tweetnacl for the NaCl parts, @noble for hashes and the checks of keys and signatures. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import nacl from "tweetnacl";
import { concatBytes, equalBytes } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { ProtocolError } from "./errors.ts";
import { isStrictSignatureForm } from "./signature-form.ts";

/** What one call of getRandomValues gives at most. */
const RANDOM_BYTES_PER_CALL = 65_536;

/** The box key that every all-zero X25519 result leads to; tweetnacl gives it without a word. Made at first use: it costs 10 ms. */
let weakBoxKey: Uint8Array | undefined;

function isWeakBoxKey(key: Uint8Array): boolean {
  weakBoxKey ??= nacl.box.before(new Uint8Array(32), new Uint8Array(32));
  return equalBytes(key, weakBoxKey);
}

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts);

function isGoodPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  try {
    const point = ed25519.Point.fromBytes(publicKey);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

const ORDER = ed25519.Point.Fn.ORDER;

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/**
 * `encode(S·B − k·A) = R`, byte for byte and without a cofactor, as tweetnacl and sodium have it. @noble's own verify
 * multiplies by the cofactor; its arithmetic is ten times as fast as tweetnacl's.
 */
function isSigned(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32);
  const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % ORDER;
  const s = littleEndian(signature.subarray(32));
  try {
    const { BASE } = ed25519.Point;
    const key = ed25519.Point.fromBytes(publicKey).multiplyUnsafe(k);
    return equalBytes(BASE.multiplyUnsafe(s).subtract(key).toBytes(), r);
  } catch {
    return false; // the key is no point
  }
}

export const portableCrypto: Crypto = {
  randomBytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += RANDOM_BYTES_PER_CALL) {
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_PER_CALL));
    }
    return bytes;
  },
  sha256: (...parts) => sha256(joined(parts)),
  hmac: (key, ...parts) => hmac(sha256, key, joined(parts)),
  hkdf: (inputKey, salt, info, length) => hkdf(sha256, inputKey, salt, info, length),

  signingKeyFromSeed: (seed) => nacl.sign.keyPair.fromSeed(seed),
  sign: (secretKey, message) => nacl.sign.detached(message, secretKey),
  verify: (publicKey, message, signature) =>
    publicKey.length === 32 && isStrictSignatureForm(signature) && isSigned(publicKey, message, signature),
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

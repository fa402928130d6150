/** Points and signatures that a careless Ed25519 verifier takes; built here so that tests do not lean on the code. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, fromHex } from "../../../src/protocol/bytes.ts";
import type { SigningKeyPair } from "../../../src/protocol/crypto.ts";

/** 2^255 - 19 */
export const FIELD_PRIME = 2n ** 255n - 19n;
/** Order of the base point. */
export const ORDER = ed25519.Point.Fn.ORDER;

export const toLittleEndian = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

export const fromLittleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

const withSign = (y: bigint): Uint8Array => toLittleEndian(y | (1n << 255n));

/** A point of order 8; its multiples are the whole torsion group. */
const TORSION = ed25519.Point.fromBytes(fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));

export const smallOrderPoints: readonly Uint8Array[] = Array.from({ length: 8 }, (_, i) =>
  (i === 0 ? ed25519.Point.ZERO : TORSION.multiplyUnsafe(BigInt(i))).toBytes(),
);

/** Encodings that no encoder writes: y not reduced, or a sign where x is zero. */
export const nonCanonicalEncodings: readonly (readonly [name: string, encoding: Uint8Array])[] = [
  ["y = p", toLittleEndian(FIELD_PRIME)],
  ["y = p + 1, the identity", toLittleEndian(FIELD_PRIME + 1n)],
  ["y = p + 3", toLittleEndian(FIELD_PRIME + 3n)],
  ["y = p + 18", toLittleEndian(FIELD_PRIME + 18n)],
  ["y = p with sign", withSign(FIELD_PRIME)],
  ["y = p + 1 with sign", withSign(FIELD_PRIME + 1n)],
  ["the identity with a sign for its zero", withSign(1n)],
  ["y = -1 with a sign for its zero", withSign(FIELD_PRIME - 1n)],
  ["all ones", new Uint8Array(32).fill(0xff)],
];

/** A real key plus a point of small order: signatures verify or not by the verifier's habits. */
export function mixedOrderKey(key: Uint8Array, torsion: Uint8Array): Uint8Array {
  return ed25519.Point.fromBytes(key).add(ed25519.Point.fromBytes(torsion)).toBytes();
}

/** S+L instead of S: tweetnacl alone takes it as well. */
export function malleated(signature: Uint8Array, times = 1n): Uint8Array {
  const scalar = fromLittleEndian(signature.subarray(32)) + times * ORDER;
  return concatBytes(signature.subarray(0, 32), toLittleEndian(scalar));
}

/** A signature that the key's owner makes with the nonce 0, so that R is the identity. */
export const signatureWithIdentityNonce = (pair: SigningKeyPair, message: Uint8Array): Uint8Array =>
  signatureWithNonce(pair, message, 0n, ed25519.Point.ZERO.toBytes());

/** A signature with a chosen nonce, and a point of small order added to its R. */
export function signatureWithNonce(
  pair: SigningKeyPair,
  message: Uint8Array,
  nonce: bigint,
  torsion: Uint8Array,
): Uint8Array {
  const r = ed25519.Point.BASE.multiplyUnsafe(nonce).add(ed25519.Point.fromBytes(torsion)).toBytes();
  const hash = fromLittleEndian(sha512(concatBytes(r, pair.publicKey, message))) % ORDER;
  const { scalar } = ed25519.utils.getExtendedPublicKey(pair.secretKey.subarray(0, 32));
  return concatBytes(r, toLittleEndian((nonce + hash * scalar) % ORDER));
}

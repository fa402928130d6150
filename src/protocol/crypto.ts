/**
 * The cryptography that the protocol takes as a port. tweetnacl defines every byte; another implementation
 * (node:crypto, sodium-native) must give the same bytes and the same verdicts, and runs the same vectors.
 * Returned arrays are fresh and belong to the caller.
 */

export interface SigningKeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes: seed, then public key. */
  readonly secretKey: Uint8Array;
}

export interface BoxKeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export interface Crypto {
  randomBytes(length: number): Uint8Array;
  /** SHA-256 of the parts one after another. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  /** SHA-256 of each of many messages, by whatever the engine does fastest. */
  sha256Each(messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
  /** HMAC-SHA-256 of the parts one after another. */
  hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** HKDF-SHA-256, RFC 5869. */
  hkdf(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array;

  signingKeyFromSeed(seed: Uint8Array): SigningKeyPair;
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** Ed25519 with S < L and R not the identity; the public key is taken as checked by {@link checkPublicKey}. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** An Ed25519 key that is canonically encoded, not of small order, and free of torsion. Done once, on entry. */
  checkPublicKey(publicKey: Uint8Array): boolean;

  /** X25519 key pair of a 32-byte secret. */
  boxKeyFromSecret(secret: Uint8Array): BoxKeyPair;
  /** Raw X25519. @throws ProtocolError `key/weak` when the result is all zeros. */
  agree(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** NaCl box. @throws ProtocolError `key/weak` as {@link agree}. */
  box(plain: Uint8Array, nonce: Uint8Array, theirPublic: Uint8Array, mySecret: Uint8Array): Uint8Array;
  /** Null when it does not open, also for a key of small order. */
  openBox(sealed: Uint8Array, nonce: Uint8Array, theirPublic: Uint8Array, mySecret: Uint8Array): Uint8Array | null;
  /** NaCl secretbox: 16 bytes longer than the plain text. It does not commit to its key. */
  secretbox(plain: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array;
  openSecretbox(sealed: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | null;
}

/** A secretbox or box is this much longer than what it holds. */
export const BOX_OVERHEAD_BYTES = 16;

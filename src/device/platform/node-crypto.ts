/**
 * The protocol's cryptography by node:crypto (hashes, Ed25519) and sodium-native (X25519, box, secretbox, check of keys), with the
 * bytes and verdicts of the portable one. Where sodium's binary does not load, the bundled
 * program has null in its place, and its part falls back to tweetnacl.
 */

import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomFillSync,
  sign,
  verify,
} from "node:crypto";
import sodiumNative from "sodium-native";
import type { BoxKeyPair, Crypto } from "../../protocol/crypto.ts";
import { BOX_OVERHEAD_BYTES } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { portableCrypto } from "../../protocol/portable-crypto.ts";
import { isStrictSignatureForm } from "../../protocol/signature-form.ts";

type Sodium = typeof import("sodium-native");

const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");
/** Households, recipients and clips in use at one time are far fewer. */
const REMEMBERED_KEYS = 256;

/** A map that forgets its oldest entry, so that hostile keys cannot fill the memory. */
class BoundedMemory<T> {
  readonly #values = new Map<string, T>();

  recall(key: Uint8Array, make: () => T): T {
    const name = buffer(key).toString("latin1");
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const made = make();
    const oldest = this.#values.size >= REMEMBERED_KEYS ? this.#values.keys().next().value : undefined;
    if (oldest !== undefined) this.#values.delete(oldest);
    this.#values.set(name, made);
    return made;
  }
}

/** The same memory, as the type that Node's and sodium's interfaces ask for. */
const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** And back: a Buffer's `slice` shares memory where a Uint8Array's copies, so none leaves this file. */
const plainArray = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Memory in one place from the beginning. V8 keeps an array of up to 64 bytes, also one of `allocUnsafeSlow`, within its own
 * heap and copies it out when it is lent to C or moved: then wiping reaches the last copy only.
 */
const fresh = (length: number): Buffer => Buffer.from(new ArrayBuffer(length));

const publicKeys = new BoundedMemory<KeyObject>();
const checkedKeys = new BoundedMemory<boolean>();

const publicKeyObject = (publicKey: Uint8Array): KeyObject =>
  publicKeys.recall(publicKey, () =>
    createPublicKey({ key: Buffer.concat([SPKI_ED25519, publicKey]), format: "der", type: "spki" }),
  );

function privateKeyObject(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_ED25519, seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return key;
}

const sha256 = (message: Uint8Array): Uint8Array => plainArray(hash("sha256", message, "buffer"));

const hashing: Pick<Crypto, "randomBytes" | "sha256" | "sha256Each" | "hmac" | "hkdf"> = {
  randomBytes: (length) => plainArray(randomFillSync(fresh(length))),
  sha256(...parts) {
    const [only] = parts;
    // In one call: an object for each hash costs half as much again, and the collector as much.
    if (parts.length === 1 && only !== undefined) return sha256(only);
    // Never put together: a part may be a secret, whose copy nobody would wipe.
    const digest = createHash("sha256");
    for (const part of parts) digest.update(part);
    return plainArray(digest.digest());
  },
  sha256Each: (messages) => Promise.resolve(messages.map(sha256)),
  hmac(key, ...parts) {
    const mac = createHmac("sha256", key);
    for (const part of parts) mac.update(part);
    return plainArray(mac.digest());
  },
  hkdf: (inputKey, salt, info, length) => new Uint8Array(hkdfSync("sha256", inputKey, salt, info, length)),
};

const signing: Pick<Crypto, "signingKeyFromSeed" | "sign" | "verify" | "checkPublicKey"> = {
  signingKeyFromSeed(seed) {
    const spki = createPublicKey(privateKeyObject(seed)).export({ format: "der", type: "spki" });
    const publicKey = new Uint8Array(spki.subarray(SPKI_ED25519.length));
    const secretKey = new Uint8Array(64);
    secretKey.set(seed);
    secretKey.set(publicKey, 32);
    return { publicKey, secretKey };
  },
  sign: (secretKey, message) => plainArray(sign(null, message, privateKeyObject(secretKey.subarray(0, 32)))),
  verify: (publicKey, message, signature) =>
    publicKey.length === 32 &&
    isStrictSignatureForm(signature) &&
    verify(null, message, publicKeyObject(publicKey), signature),
  checkPublicKey: (publicKey) =>
    publicKey.length === 32 && checkedKeys.recall(publicKey, () => portableCrypto.checkPublicKey(publicKey)),
};

type SodiumParts = Pick<
  Crypto,
  "checkPublicKey" | "boxKeyFromSecret" | "agree" | "box" | "openBox" | "secretbox" | "openSecretbox"
>;

function partsOfSodium(sodium: Sodium): SodiumParts {
  return {
    // The same verdict as the portable check, on every vector and on random bytes, thirty times as fast.
    checkPublicKey: (publicKey) =>
      publicKey.length === 32 &&
      checkedKeys.recall(publicKey, () => sodium.crypto_core_ed25519_is_valid_point(buffer(publicKey))),
    boxKeyFromSecret(secret): BoxKeyPair {
      const publicKey = fresh(32);
      sodium.crypto_scalarmult_base(publicKey, buffer(secret));
      const secretKey = fresh(32);
      secretKey.set(secret);
      return { publicKey: plainArray(publicKey), secretKey: plainArray(secretKey) };
    },
    agree(secretKey, publicKey) {
      const shared = fresh(32);
      try {
        sodium.crypto_scalarmult(shared, buffer(secretKey), buffer(publicKey));
      } catch (cause) {
        throw new ProtocolError("key/weak", "key agreement gave all zeros", { cause });
      }
      return plainArray(shared);
    },
    box(plain, nonce, theirPublic, mySecret) {
      const sealed = fresh(plain.length + BOX_OVERHEAD_BYTES);
      try {
        sodium.crypto_box_easy(sealed, buffer(plain), buffer(nonce), buffer(theirPublic), buffer(mySecret));
      } catch (cause) {
        throw new ProtocolError("key/weak", "key agreement gave all zeros", { cause });
      }
      return plainArray(sealed);
    },
    openBox(sealed, nonce, theirPublic, mySecret) {
      if (sealed.length < BOX_OVERHEAD_BYTES) return null;
      const plain = fresh(sealed.length - BOX_OVERHEAD_BYTES);
      const opened = sodium.crypto_box_open_easy(
        plain,
        buffer(sealed),
        buffer(nonce),
        buffer(theirPublic),
        buffer(mySecret),
      );
      return opened ? plainArray(plain) : null;
    },
    secretbox(plain, nonce, key) {
      const sealed = fresh(plain.length + BOX_OVERHEAD_BYTES);
      sodium.crypto_secretbox_easy(sealed, buffer(plain), buffer(nonce), buffer(key));
      return plainArray(sealed);
    },
    openSecretbox(sealed, nonce, key) {
      if (sealed.length < BOX_OVERHEAD_BYTES) return null;
      const plain = fresh(sealed.length - BOX_OVERHEAD_BYTES);
      return sodium.crypto_secretbox_open_easy(plain, buffer(sealed), buffer(nonce), buffer(key))
        ? plainArray(plain)
        : null;
    },
  };
}

/** Chooses sodium's part; exported so that tests can run the fallback as well. */
export const nodeCryptoWith = (sodium: Sodium | null): Crypto => ({
  ...portableCrypto,
  ...hashing,
  ...signing,
  ...(sodium === null ? {} : partsOfSodium(sodium)),
});

export const nodeCrypto: Crypto = nodeCryptoWith(sodiumNative);

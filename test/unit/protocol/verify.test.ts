import { createPublicKey, verify as opensslVerify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import nacl from "tweetnacl";
import { describe, expect, test } from "vitest";
import { concatBytes, fromHex, utf8 } from "../../../src/protocol/bytes.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { checkPublicKey, verifySignature } from "../../../src/protocol/verify.ts";
import { cryptoPorts } from "./crypto-ports.ts";
import {
  FIELD_PRIME,
  fromLittleEndian,
  malleated,
  mixedOrderKey,
  nonCanonicalEncodings,
  ORDER,
  signatureWithIdentityNonce,
  signatureWithNonce,
  smallOrderPoints,
  toLittleEndian,
} from "./ed25519-points.ts";
import { tries } from "./effort.ts";

/** RFC 8032, 7.1, tests 1 to 3: seed, public key, message, signature. */
const RFC_8032 = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
].map((row) => row.map(fromHex)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array][];

const pair = portableCrypto.signingKeyFromSeed(portableCrypto.sha256(utf8("verify.test")));
const message = utf8("a statement");
const signature = portableCrypto.sign(pair.secretKey, message);

const opensslTakes = (publicKey: Uint8Array, text: Uint8Array, sig: Uint8Array): boolean => {
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]);
  return opensslVerify(null, text, createPublicKey({ key: der, format: "der", type: "spki" }), sig);
};

/** The public function, and each implementation of the port behind its own check of the key. */
const verifiers = [
  ["verifySignature", verifySignature],
  ...cryptoPorts.map(
    ([name, crypto]) =>
      [
        name,
        (key: Uint8Array, text: Uint8Array, sig: Uint8Array) =>
          crypto.checkPublicKey(key) && crypto.verify(key, text, sig),
      ] as const,
  ),
] as const;

describe.each(verifiers)("%s", (_, verify) => {
  test.each(RFC_8032)("takes the signatures of RFC 8032", (seed, publicKey, text, expected) => {
    expect(portableCrypto.sign(portableCrypto.signingKeyFromSeed(seed).secretKey, text)).toEqual(expected);
    expect(verify(publicKey, text, expected)).toBe(true);
    expect(verify(publicKey, concatBytes(text, Uint8Array.of(0)), expected)).toBe(false);
  });

  test("refuses S + L, which tweetnacl alone takes", () => {
    expect(verify(pair.publicKey, message, signature)).toBe(true);
    expect(verify(pair.publicKey, message, malleated(signature))).toBe(false);
    expect(nacl.sign.detached.verify(message, malleated(signature), pair.publicKey), "control").toBe(true);
  });

  test.each([2n, 4n, 8n])("refuses S + %i L", (times) => {
    expect(verify(pair.publicKey, message, malleated(signature, times))).toBe(false);
  });

  test("refuses S = L and an S with its high bits set", () => {
    const r = signature.subarray(0, 32);
    expect(verify(pair.publicKey, message, concatBytes(r, toLittleEndian(ORDER)))).toBe(false);
    expect(verify(pair.publicKey, message, concatBytes(r, new Uint8Array(32).fill(0xff)))).toBe(false);
  });

  test("refuses a signature over anything under a small-order key, which tweetnacl and OpenSSL take", () => {
    const identity = smallOrderPoints[0] ?? new Uint8Array();
    const forged = concatBytes(identity, new Uint8Array(32));
    expect(verify(identity, message, forged)).toBe(false);
    expect(nacl.sign.detached.verify(message, forged, identity), "control").toBe(true);
    expect(opensslTakes(identity, message, forged), "control").toBe(true);
  });

  test("refuses R as the identity, which OpenSSL takes and libsodium does not", () => {
    const odd = signatureWithIdentityNonce(pair, message);
    expect(verify(pair.publicKey, message, odd)).toBe(false);
    expect(opensslTakes(pair.publicKey, message, odd), "control").toBe(true);
  });

  test("refuses R with torsion, which a check that multiplies by the cofactor takes", () => {
    for (const [times, torsion] of smallOrderPoints.slice(1).entries()) {
      const odd = signatureWithNonce(pair, message, 5n, torsion);
      expect(verify(pair.publicKey, message, odd), `${times + 1} times`).toBe(false);
      expect(ed25519.verify(odd, message, pair.publicKey, { zip215: true }), "control").toBe(true);
    }
    const [identity = new Uint8Array()] = smallOrderPoints;
    expect(verify(pair.publicKey, message, signatureWithNonce(pair, message, 5n, identity)), "control").toBe(true);
  });

  test("refuses a signature by a key with torsion, which tweetnacl takes for some messages", () => {
    const torsion = smallOrderPoints[1] ?? new Uint8Array();
    const mixed = mixedOrderKey(pair.publicKey, torsion);
    let tweetnaclTook = 0;
    for (let i = 0; i < 40; i += 1) {
      const text = Uint8Array.of(i);
      const odd = signAs(mixed, text);
      expect(verify(mixed, text, odd)).toBe(false);
      if (nacl.sign.detached.verify(text, odd, mixed)) tweetnaclTook += 1;
    }
    expect(tweetnaclTook, "control").toBeGreaterThan(0);
  });
});

/** Signs with {@link pair}'s secret for a public key that differs from it by torsion. */
function signAs(publicKey: Uint8Array, text: Uint8Array): Uint8Array {
  // tweetnacl hashes whatever stands in the secret key's second half as the public key.
  return nacl.sign.detached(text, concatBytes(pair.secretKey.subarray(0, 32), publicKey));
}

const keyChecks = [
  ["checkPublicKey", checkPublicKey],
  ...cryptoPorts.map(([name, crypto]) => [name, (key: Uint8Array) => crypto.checkPublicKey(key)] as const),
] as const;

describe.each(keyChecks)("the key check of %s", (_, check) => {
  test("takes keys that were made from seeds", () => {
    for (const [, publicKey] of RFC_8032) expect(check(publicKey)).toBe(true);
    expect(check(pair.publicKey)).toBe(true);
  });

  test("refuses all eight points of small order", () => {
    expect(new Set(smallOrderPoints.map(String)).size).toBe(8);
    for (const point of smallOrderPoints) expect(check(point)).toBe(false);
  });

  test.each(nonCanonicalEncodings)("refuses an encoding that is not canonical: %s", (_name, encoding) => {
    expect(check(encoding)).toBe(false);
  });

  test("refuses a key plus any of the seven points of torsion", () => {
    for (const torsion of smallOrderPoints.slice(1)) expect(check(mixedOrderKey(pair.publicKey, torsion))).toBe(false);
  });

  test("refuses a y that no point has, and wrong lengths", () => {
    expect(check(toLittleEndian(2n))).toBe(false);
    for (const length of [0, 31, 33, 64]) expect(check(new Uint8Array(length).fill(9))).toBe(false);
  });
});

test("the field prime and order are those of the curve", () => {
  expect(fromLittleEndian(toLittleEndian(FIELD_PRIME))).toBe(FIELD_PRIME);
  expect(ORDER).toBe(2n ** 252n + 27742317777372353535851937790883648493n);
});

describe("whatever is handed in, the answer is a boolean", () => {
  const odd = [null, undefined, 0, "", "key", [], {}, [...pair.publicKey], new Uint16Array(32), new ArrayBuffer(32)];
  test.each(odd.map((value) => [value]))("%s is neither key, message nor signature", (value) => {
    const bad = value as Uint8Array;
    expect(checkPublicKey(bad)).toBe(false);
    expect(verifySignature(bad, message, signature)).toBe(false);
    expect(verifySignature(pair.publicKey, bad, signature)).toBe(false);
    expect(verifySignature(pair.publicKey, message, bad)).toBe(false);
  });

  test("a signature or key one byte short or long is refused", () => {
    const zero = Uint8Array.of(0);
    expect(verifySignature(pair.publicKey, message, signature.subarray(1))).toBe(false);
    expect(verifySignature(pair.publicKey, message, concatBytes(signature, zero))).toBe(false);
    expect(verifySignature(concatBytes(pair.publicKey, zero), message, signature)).toBe(false);
  });

  test("random bytes never verify and never throw", () => {
    const any = fc.uint8Array({ maxLength: 70 });
    fc.assert(
      fc.property(any, any, any, (key, text, sig) => {
        expect(verifySignature(key, text, sig)).toBe(false);
        expect(typeof checkPublicKey(key)).toBe("boolean");
      }),
      tries(200),
    );
  });

  test("a Buffer, Node's own kind of bytes, serves as well", () => {
    expect(verifySignature(Buffer.from(pair.publicKey), Buffer.from(message), Buffer.from(signature))).toBe(true);
  });
});

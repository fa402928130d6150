import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { concatBytes, fromHex, toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { cryptoPorts } from "./crypto-ports.ts";
import { tries } from "./effort.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const someBytes = fc.uint8Array({ maxLength: 300 });
const weakKey = expect.objectContaining({ code: "key/weak" });

/** RFC 7748, 6.1: low-order points of Curve25519, also in encodings that are not canonical or have the high bit. */
const WEAK_POINTS = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

describe.each(cryptoPorts)("%s cryptography", (_, crypto) => {
  test("SHA-256 of FIPS 180-4 and HMAC, HKDF of RFC 4231 and 5869", () => {
    expect(toHex(crypto.sha256(utf8("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(toHex(crypto.hmac(new Uint8Array(20).fill(0x0b), utf8("Hi There")))).toBe(
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
    const okm = crypto.hkdf(
      new Uint8Array(22).fill(0x0b),
      fromHex("000102030405060708090a0b0c"),
      fromHex("f0f1f2f3f4f5f6f7f8f9"),
      42,
    );
    expect(toHex(okm)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  });

  test("many messages are hashed as one by one, with an engine's own digest and without", async () => {
    const messages = [0, 1, 55, 56, 64, 1_700].map((length) => new Uint8Array(length).fill(length));
    const oneByOne = messages.map((message) => crypto.sha256(message));
    expect(await crypto.sha256Each(messages)).toEqual(oneByOne);
    vi.stubGlobal("crypto", { getRandomValues: globalThis.crypto.getRandomValues });
    expect(await crypto.sha256Each(messages)).toEqual(oneByOne);
    vi.unstubAllGlobals();
  });

  test.each([0, 1, 4_095, 4_096, 4_097, 70_000])("parts of together %i bytes are hashed as one", (length) => {
    const whole = Uint8Array.from({ length }, (_, i) => i);
    const middle = Math.floor(length / 2);
    expect(crypto.sha256(whole.subarray(0, middle), whole.subarray(middle))).toEqual(crypto.sha256(whole));
    expect(crypto.sha256(whole)).toEqual(portableCrypto.sha256(whole));
  });

  test("X25519 of RFC 7748, 5.2 and 6.1", () => {
    const nine = fromHex(`09${"00".repeat(31)}`);
    expect(toHex(crypto.agree(nine, nine))).toBe("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    const bob = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    expect(toHex(crypto.boxKeyFromSecret(bob).publicKey)).toBe(
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    );
  });

  test("randomness has the length asked for, also beyond what one call gives", () => {
    const long = crypto.randomBytes(70_000);
    expect(long).toHaveLength(70_000);
    expect(long.subarray(69_000).some((byte) => byte !== 0)).toBe(true);
    expect(crypto.randomBytes(32)).not.toEqual(crypto.randomBytes(32));
  });

  test.each(WEAK_POINTS)("a key agreement with the low-order point %s is an error", (hex) => {
    const [point, secret, nonce] = [fromHex(hex), crypto.sha256(utf8("secret")), new Uint8Array(24)];
    expect(() => crypto.agree(secret, point)).toThrow(weakKey);
    expect(() => crypto.box(utf8("plain"), nonce, point, secret)).toThrow(weakKey);
    expect(crypto.openBox(new Uint8Array(40), nonce, point, secret)).toBeNull();
  });

  test("what does not open gives null: changed, cut short, another key, another nonce", () => {
    const [key, nonce] = [crypto.randomBytes(32), crypto.randomBytes(24)];
    const sealed = crypto.secretbox(utf8("plain"), nonce, key);
    expect(crypto.openSecretbox(sealed, nonce, key)).toEqual(utf8("plain"));
    const changed = Uint8Array.from(sealed, (byte, i) => (i === 3 ? byte ^ 1 : byte));
    for (const bad of [changed, sealed.subarray(1), sealed.subarray(0, 15), new Uint8Array(0)]) {
      expect(crypto.openSecretbox(bad, nonce, key)).toBeNull();
    }
    expect(crypto.openSecretbox(sealed, nonce, crypto.randomBytes(32))).toBeNull();
    expect(crypto.openSecretbox(sealed, crypto.randomBytes(24), key)).toBeNull();
  });

  test("results are plain arrays: a slice of one copies, where a Buffer's would share", () => {
    const pair = crypto.signingKeyFromSeed(crypto.randomBytes(32));
    const results = [
      crypto.sha256(utf8("a")),
      crypto.hmac(utf8("k"), utf8("a")),
      crypto.secretbox(utf8("a"), new Uint8Array(24), new Uint8Array(32)),
      crypto.sign(pair.secretKey, utf8("a")),
      pair.publicKey,
    ];
    for (const result of results) expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype);
  });
});

describe.each(cryptoPorts.slice(1))("%s cryptography gives the portable one's bytes", (_, crypto) => {
  test("for hashes and derivations", () => {
    fc.assert(
      fc.property(someBytes, someBytes, fc.integer({ min: 1, max: 200 }), (a, b, length) => {
        expect(crypto.sha256(a, b)).toEqual(portableCrypto.sha256(concatBytes(a, b)));
        expect(crypto.hmac(a, b, a)).toEqual(portableCrypto.hmac(a, concatBytes(b, a)));
        expect(crypto.hkdf(a, b, a, length)).toEqual(portableCrypto.hkdf(a, b, a, length));
      }),
      tries(50),
    );
  });

  test("for keys, signatures and agreements", () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), someBytes, (seed, secret, message) => {
        const pair = crypto.signingKeyFromSeed(seed);
        const signature = crypto.sign(pair.secretKey, message);
        expect(pair).toEqual(portableCrypto.signingKeyFromSeed(seed));
        expect(signature).toEqual(portableCrypto.sign(pair.secretKey, message));
        expect(portableCrypto.verify(pair.publicKey, message, signature)).toBe(true);
        expect(crypto.verify(pair.publicKey, message, signature)).toBe(true);
        const theirs = crypto.boxKeyFromSecret(secret);
        expect(theirs).toEqual(portableCrypto.boxKeyFromSecret(secret));
        expect(crypto.agree(seed, theirs.publicKey)).toEqual(portableCrypto.agree(seed, theirs.publicKey));
      }),
      tries(5),
    );
  });

  test("for boxes", () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), bytes(24), someBytes, (mine, theirs, nonce, plain) => {
        const [me, them] = [crypto.boxKeyFromSecret(mine), crypto.boxKeyFromSecret(theirs)];
        const boxed = crypto.box(plain, nonce, them.publicKey, me.secretKey);
        expect(boxed).toEqual(portableCrypto.box(plain, nonce, them.publicKey, me.secretKey));
        expect(crypto.openBox(boxed, nonce, me.publicKey, them.secretKey)).toEqual(plain);
        const sealed = crypto.secretbox(plain, nonce, mine);
        expect(sealed).toEqual(portableCrypto.secretbox(plain, nonce, mine));
        expect(crypto.openSecretbox(sealed, nonce, mine)).toEqual(plain);
      }),
      tries(10),
    );
  });

  test("for the judgement of any 32 bytes as a key", () => {
    let points = 0;
    fc.assert(
      fc.property(bytes(32), (key) => {
        const isGood = portableCrypto.checkPublicKey(key);
        expect(crypto.checkPublicKey(key)).toBe(isGood);
        if (isGood) points += 1;
      }),
      { ...tries(100), seed: 1 },
    );
    expect(points, "one in sixteen random strings is a key without torsion").toBeGreaterThan(0);
  });

  test("for the judgement of keys and signatures that were tampered with", () => {
    const pair = portableCrypto.signingKeyFromSeed(portableCrypto.sha256(utf8("tamper")));
    const message = utf8("message");
    const signature = portableCrypto.sign(pair.secretKey, message);
    fc.assert(
      fc.property(fc.nat(95), fc.nat(7), (at, bit) => {
        const both = concatBytes(pair.publicKey, signature);
        both[at] = (both[at] ?? 0) ^ (1 << bit);
        const [key, changed] = [both.subarray(0, 32), both.subarray(32)];
        const isGoodKey = portableCrypto.checkPublicKey(key);
        expect(crypto.checkPublicKey(key)).toBe(isGoodKey);
        if (isGoodKey) expect(crypto.verify(key, message, changed)).toBe(false);
        if (isGoodKey) expect(portableCrypto.verify(key, message, changed)).toBe(false);
      }),
      tries(20),
    );
  });
});

test("a key that was judged once is judged the same again, and hostile keys cannot fill the memory", () => {
  const good = nodeCrypto.signingKeyFromSeed(new Uint8Array(32).fill(7)).publicKey;
  const bad = new Uint8Array(32);
  expect([nodeCrypto.checkPublicKey(good), nodeCrypto.checkPublicKey(bad)]).toEqual([true, false]);
  for (let i = 0; i < 300; i += 1) nodeCrypto.checkPublicKey(new Uint8Array(32).fill(i % 256));
  expect([nodeCrypto.checkPublicKey(good), nodeCrypto.checkPublicKey(bad)]).toEqual([true, false]);
});

import { concatBytes } from "../../../../src/protocol/bytes.ts";
import { decodeJson, MAX_JSON_DEPTH } from "../../../../src/protocol/canonical-json.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { type HashLabel, ownHash } from "../../../../src/protocol/hash.ts";
import {
  malleated,
  mixedOrderKey,
  nonCanonicalEncodings,
  ORDER,
  signatureWithIdentityNonce,
  smallOrderPoints,
  toLittleEndian,
} from "../ed25519-points.ts";
import { fixed, hexes, toHex, utf8, type VectorFile } from "./vector-file.ts";

const LABELS: readonly HashLabel[] = [
  "audit",
  "clip-head",
  "grant",
  "inbox",
  "key-commitment",
  "key-id",
  "pairing",
  "pairing-topic",
  "purpose",
];

export function makeHashes(crypto: Crypto): VectorFile {
  return {
    about: 'hash = SHA-256("doorward/v1/" label 00 parts)',
    vectors: LABELS.map((label) => {
      const parts = [fixed(`${label} a`), utf8(`last part of ${label}`)];
      return { label, parts: hexes(parts), hash: toHex(ownHash(crypto, label, ...parts)) };
    }),
  };
}

export function makePublicKeys(crypto: Crypto): VectorFile {
  const good = [1, 2, 3].map((n) => crypto.signingKeyFromSeed(fixed(`key ${n}`)).publicKey);
  const key = good[0] ?? new Uint8Array();
  const entries: (readonly [string, Uint8Array, boolean])[] = [
    ...good.map((publicKey, i) => [`key ${i + 1}`, publicKey, true] as const),
    ...smallOrderPoints.map((point, i) => [`${i} times a point of order 8`, point, false] as const),
    ...nonCanonicalEncodings.map(([name, encoding]) => [name, encoding, false] as const),
    ...smallOrderPoints
      .slice(1)
      .map((point, i) => [`key 1 plus ${i + 1} times a point of order 8`, mixedOrderKey(key, point), false] as const),
    ["y = 2, which no point has", toLittleEndian(2n), false],
    ["31 bytes", key.subarray(1), false],
    ["33 bytes", concatBytes(key, Uint8Array.of(0)), false],
    ["nothing", new Uint8Array(0), false],
  ];
  return {
    about: "Ed25519 public keys, and whether the check on entry takes them",
    vectors: entries.map(([name, publicKey, ok]) => ({ name, publicKey: toHex(publicKey), ok })),
  };
}

export function makeSignatures(crypto: Crypto): VectorFile {
  const seed = fixed("key 1");
  const pair = crypto.signingKeyFromSeed(seed);
  const message = utf8("doorward");
  const signature = crypto.sign(pair.secretKey, message);
  const [r, s] = [signature.slice(0, 32), signature.slice(32)];
  const identity = smallOrderPoints[0] ?? new Uint8Array();
  const entries: (readonly [string, Uint8Array, Uint8Array, Uint8Array, boolean])[] = [
    ["good", pair.publicKey, message, signature, true],
    ["good, of nothing", pair.publicKey, new Uint8Array(0), crypto.sign(pair.secretKey, new Uint8Array(0)), true],
    ["another message", pair.publicKey, utf8("Doorward"), signature, false],
    ["another key", crypto.signingKeyFromSeed(fixed("key 2")).publicKey, message, signature, false],
    ["R changed", pair.publicKey, message, signature.with(0, (signature[0] ?? 0) ^ 1), false],
    ["S changed", pair.publicKey, message, signature.with(40, (signature[40] ?? 0) ^ 1), false],
    ["S + L", pair.publicKey, message, malleated(signature), false],
    ["S + 8 L", pair.publicKey, message, malleated(signature, 8n), false],
    ["S = L", pair.publicKey, message, concatBytes(r, toLittleEndian(ORDER)), false],
    ["R the identity, nonce 0", pair.publicKey, message, signatureWithIdentityNonce(pair, message), false],
    ["R the identity under the identity as key", identity, message, concatBytes(identity, new Uint8Array(32)), false],
    ["63 bytes", pair.publicKey, message, signature.subarray(1), false],
    ["65 bytes", pair.publicKey, message, concatBytes(signature, Uint8Array.of(0)), false],
    ["R and S exchanged", pair.publicKey, message, concatBytes(s, r), false],
  ];
  return {
    about: "Ed25519 signatures, and whether the strict check, that of the key included, takes them",
    vectors: entries.map(([name, publicKey, text, sig, ok]) => ({
      name,
      ...(name === "good" ? { seed: toHex(seed) } : {}),
      publicKey: toHex(publicKey),
      message: toHex(text),
      signature: toHex(sig),
      ok,
    })),
  };
}

const GOOD_JSON = [
  "{}",
  "[]",
  "null",
  "true",
  "0",
  "-1",
  "9007199254740991",
  "-9007199254740991",
  '""',
  '{"a":[1,{"b":null}],"c":"d"}',
  '"\\b\\t\\n\\f\\r\\u0000\\u001f\\"\\\\/\u007f\u2028"',
  '{"\\r":1,"1":2,"\u0080":3,"\u00f6":4,"\u20ac":5,"\ud83d\ude00":6,"\ufb33":7}',
  '{"__proto__":1}',
  "[".repeat(MAX_JSON_DEPTH) + "]".repeat(MAX_JSON_DEPTH),
];

const BAD_JSON: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ...(
    [
      ["a doubled member", '{"a":1,"a":1}'],
      ["members out of order", '{"b":1,"a":1}'],
      ["members ordered by code points, not UTF-16 units", '{"\ufb33":7,"\ud83d\ude00":6}'],
      ["white space", '{"a": 1}'],
      ["a line break at the end", "{}\n"],
      ["a byte order mark", "\ufeff{}"],
      ["minus zero", "-0"],
      ["a fraction", "1.5"],
      ["a whole number as a fraction", "1.0"],
      ["an exponent", "1e3"],
      ["a leading zero", "01"],
      ["2^53", "9007199254740992"],
      ["a number that doubles round", "9007199254740993"],
      ["a lone surrogate, escaped", '"\\ud800"'],
      ["a lone surrogate in a member's name", '{"\\udc00":1}'],
      ["a needless escape", '"\\u0061"'],
      ["an escaped slash", '"\\/"'],
      ["an upper-case escape", '"\\u001F"'],
      ["a pair of surrogates, escaped", '"\\ud83d\\ude00"'],
      ["a raw control character", '"\u0001"'],
      ["nothing", ""],
      ["two values", "{}{}"],
      ["NaN", "NaN"],
      ["a trailing comma", "[1,]"],
      ["nesting one too deep", "[".repeat(MAX_JSON_DEPTH + 1) + "]".repeat(MAX_JSON_DEPTH + 1)],
    ] as const
  ).map(([name, text]) => [name, utf8(text)] as const),
  ["an overlong form in UTF-8", Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ["a surrogate in UTF-8", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
  ["a character cut short", Uint8Array.of(0x22, 0xe2, 0x82, 0x22)],
];

export function makeCanonicalJson(): VectorFile {
  for (const text of GOOD_JSON) decodeJson(utf8(text));
  return {
    about: "Bytes, and whether they are JSON as this protocol writes it",
    vectors: [
      ...GOOD_JSON.map((text) => ({ name: text.length > 40 ? "long" : text, bytes: toHex(utf8(text)), ok: true })),
      ...BAD_JSON.map(([name, bytes]) => ({ name, bytes: toHex(bytes), ok: false })),
    ],
  };
}

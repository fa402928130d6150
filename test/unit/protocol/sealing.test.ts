import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concatBytes, u32, utf8 } from "../../../src/protocol/bytes.ts";
import { clipSigningSeed } from "../../../src/protocol/clip-key.ts";
import type { Lane } from "../../../src/protocol/clip-keys.ts";
import { dayBoxKey, dayKey, nextDay } from "../../../src/protocol/day-chain.ts";
import { type GrantEntry, grantDigest, makeGrant, openGrant } from "../../../src/protocol/grant.ts";
import { ownHash } from "../../../src/protocol/hash.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { openSealed, SEAL_OVERHEAD_BYTES, sealTo } from "../../../src/protocol/sealed-message.ts";
import { openWrap, parseWrap, WRAP_BYTES, wrapSeed } from "../../../src/protocol/wrap.ts";
import { cryptoPorts } from "./crypto-ports.ts";
import { tries } from "./effort.ts";

const hash = (text: string): Uint8Array => portableCrypto.sha256(utf8(text));
const clip = hash("clip").slice(0, 16);

test("an own hash is SHA-256 over its label, a zero byte and the parts", () => {
  const [a, b] = [utf8("a"), utf8("b")];
  const expected = portableCrypto.sha256(concatBytes(utf8("doorward/v1/grant"), Uint8Array.of(0), a, b));
  expect(ownHash(portableCrypto, "grant", a, b)).toEqual(expected);
});

test("each clip has its own signing seed", () => {
  const seeds = ["a", "b"].map((name) => clipSigningSeed(portableCrypto, hash("device"), hash(name).slice(0, 16)));
  expect(seeds[0]).not.toEqual(seeds[1]);
});

describe.each(cryptoPorts)("the day chain with %s cryptography", (_, crypto) => {
  const first = hash("e0");

  test("leads from any day to every later one", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (a, b) => {
        const middle = dayKey(crypto, first, 20_000, 20_000 + a);
        expect(dayKey(crypto, middle, 20_000 + a, 20_000 + a + b)).toEqual(
          dayKey(crypto, first, 20_000, 20_000 + a + b),
        );
      }),
      tries(20),
    );
    expect(nextDay(crypto, first)).toEqual(dayKey(crypto, first, 0, 1));
  });

  test("never leads back", () => {
    expect(() => dayKey(crypto, first, 20_000, 19_999)).toThrow(RangeError);
    expect(() => dayKey(crypto, first, 0, 0.5)).toThrow(RangeError);
  });

  test("opens a wrap of its day and none of another", () => {
    const seed = hash("seed");
    const today = dayKey(crypto, first, 20_000, 20_010);
    const wrap = wrapSeed(crypto, 20_010, dayBoxKey(crypto, today).publicKey, seed);
    expect(wrap).toHaveLength(WRAP_BYTES);
    expect(parseWrap(wrap).day).toBe(20_010);
    expect(openWrap(crypto, wrap, dayBoxKey(crypto, today))).toEqual(seed);
    const tomorrow = dayBoxKey(crypto, nextDay(crypto, today));
    expect(openWrap(crypto, wrap, tomorrow), "what is left after the day was deleted").toBeNull();
    const changed = Uint8Array.from(wrap, (byte, i) => (i === 83 ? byte ^ 1 : byte));
    expect(openWrap(crypto, changed, dayBoxKey(crypto, today))).toBeNull();
  });

  test("leaves the caller's key as it is", () => {
    const copy = Uint8Array.from(first);
    dayKey(crypto, copy, 0, 3);
    expect(copy).toEqual(first);
  });
});

test("a wrap of another length is refused by name", () => {
  expect(() => parseWrap(new Uint8Array(83))).toThrow(expect.objectContaining({ code: "wrap/shape" }));
});

describe.each(cryptoPorts)("sealing to a key with %s cryptography", (_, crypto) => {
  const recipient = crypto.boxKeyFromSecret(hash("recipient"));
  const other = crypto.boxKeyFromSecret(hash("other"));

  test("is opened by that key alone", () => {
    const sealed = sealTo(crypto, recipient.publicKey, utf8("facts"));
    expect(sealed).toHaveLength(5 + SEAL_OVERHEAD_BYTES);
    expect(openSealed(crypto, recipient, sealed)).toEqual(utf8("facts"));
    expect(openSealed(crypto, other, sealed)).toBeNull();
    expect(openSealed(crypto, recipient, sealed.subarray(0, 47))).toBeNull();
  });

  test("uses a new key pair each time, since the nonce is zero", () => {
    const [a, b] = [0, 1].map(() => sealTo(crypto, recipient.publicKey, utf8("facts")).slice(0, 32));
    expect(a).not.toEqual(b);
  });

  test("a message whose ephemeral key is of small order opens to nothing", () => {
    expect(openSealed(crypto, recipient, new Uint8Array(80))).toBeNull();
  });

  const entries: GrantEntry[] = [
    [2, 0],
    [1, 6],
    [1, 0],
    [1, 5],
  ].map(([lane = 1, index = 0]) => ({ lane: lane as Lane, index, key: hash(`${lane} ${index}`) }));

  test("a grant gives its keys, sorted, to its recipient alone", () => {
    const grant = makeGrant(crypto, clip, entries, recipient.publicKey);
    const opened = openGrant(crypto, grant, recipient);
    expect(opened?.clip).toEqual(clip);
    expect(opened?.entries.map(({ lane, index }) => `${lane}/${index}`)).toEqual(["1/0", "1/5", "1/6", "2/0"]);
    for (const { lane, index, key } of opened?.entries ?? []) expect(key).toEqual(hash(`${lane} ${index}`));
    expect(openGrant(crypto, grant, other)).toBeNull();
    expect(grantDigest(crypto, grant)).toEqual(ownHash(crypto, "grant", grant));
  });

  const entry = (lane: number, index: number): Uint8Array => concatBytes(Uint8Array.of(lane), u32(index), hash("key"));
  test.each([
    ["a cut entry", concatBytes(clip, entry(1, 0).subarray(1))],
    ["half a clip id", clip.subarray(8)],
    ["an unknown lane", concatBytes(clip, entry(5, 0))],
    ["lane 0", concatBytes(clip, entry(0, 0))],
    ["entries out of order", concatBytes(clip, entry(1, 2), entry(1, 1))],
    ["lanes out of order", concatBytes(clip, entry(2, 0), entry(1, 1))],
    ["an entry twice", concatBytes(clip, entry(1, 1), entry(1, 1))],
  ])("a grant with %s is refused by name", (_name, plain) => {
    const grant = sealTo(crypto, recipient.publicKey, plain);
    expect(() => openGrant(crypto, grant, recipient)).toThrow(expect.objectContaining({ code: "grant/shape" }));
  });
});

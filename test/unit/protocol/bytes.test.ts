import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64url,
  fromEitherBase64,
  fromHex,
  fromUtf8,
  readU32,
  readU64,
  toBase64,
  toBase64url,
  toHex,
  u32,
  u64,
  utf8,
  wipe,
} from "../../../src/protocol/bytes.ts";
import { ProtocolError } from "../../../src/protocol/errors.ts";
import { tries } from "./effort.ts";

const anyBytes = fc.uint8Array({ maxLength: 70 });
const badEncoding = expect.objectContaining({ code: "bytes/encoding" });

describe("bytes", () => {
  test("joined bytes keep their order", () => {
    expect(concatBytes(Uint8Array.of(1), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("only equal bytes are equal, and order follows the first difference", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        const order = Buffer.compare(a, b);
        expect(equalBytes(a, b)).toBe(order === 0);
        expect(Math.sign(compareBytes(a, b))).toBe(order);
      }),
      tries(200),
    );
  });

  test("wiped secrets are zeros", () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    wipe(a, b);
    expect([...a, ...b]).toEqual([0, 0, 0]);
  });
});

describe("numbers are big-endian and exact", () => {
  test.each([0, 1, 255, 256, 0xffff_ffff])("u32 %i comes back", (value) => {
    expect(toHex(u32(value))).toBe(value.toString(16).padStart(8, "0"));
    expect(readU32(u32(value), 0)).toBe(value);
  });
  test.each([0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER])("u64 %i comes back", (value) => {
    expect(toHex(u64(value))).toBe(value.toString(16).padStart(16, "0"));
    expect(readU64(u64(value), 0)).toBe(value);
  });
  test.each([-1, 1.5, 2 ** 32, Number.NaN])("%d is no u32", (value) => expect(() => u32(value)).toThrow(RangeError));
  test.each([-1, 1.5, 2 ** 53])("%d is no exact u64", (value) => expect(() => u64(value)).toThrow(RangeError));
  test("a u64 above 2^53-1 from outside is refused, not rounded", () => {
    expect(() => readU64(fromHex("0020000000000001"), 0)).toThrow(badEncoding);
  });
});

describe("text forms", () => {
  test("hexadecimal and base64 agree with Node's and come back", () => {
    fc.assert(
      fc.property(anyBytes, (value) => {
        const buffer = Buffer.from(value);
        expect([toHex(value), toBase64(value), toBase64url(value)]).toEqual([
          buffer.toString("hex"),
          buffer.toString("base64"),
          buffer.toString("base64url"),
        ]);
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromBase64url(toBase64url(value))).toEqual(value);
        expect(fromEitherBase64(toBase64(value))).toEqual(value);
        expect(fromEitherBase64(toBase64url(value))).toEqual(value);
      }),
      tries(200),
    );
  });

  test("any base64url text that is read has only that spelling", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AQgw_-+/=Z9".split("")), maxLength: 8 }), (text) => {
        let value: Uint8Array;
        try {
          value = fromBase64url(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          return;
        }
        expect(toBase64url(value)).toBe(text);
      }),
      tries(500),
    );
  });

  test.each([
    ["padding", "AA=="],
    ["the other alphabet", "+/+/"],
    ["spare bits", "AB"],
    ["a length of 1 modulo 4", "AAAAA"],
    ["white space", "AA A"],
    ["a character beyond ASCII", "AAA\u00e9"],
  ])("base64url with %s is refused", (_, text) => expect(() => fromBase64url(text)).toThrow(badEncoding));

  test.each([
    ["mixed alphabets", "+_+_"],
    ["too little padding", "AA="],
    ["padding inside", "A=AA"],
    ["too much padding", "AAA=="],
    ["padding alone", "===="],
  ])("base64 with %s is refused in either alphabet", (_, text) =>
    expect(() => fromEitherBase64(text)).toThrow(badEncoding),
  );

  test.each(["0", "0G", "AB"])("%s is not lower-case hexadecimal of whole bytes", (text) =>
    expect(() => fromHex(text)).toThrow(badEncoding),
  );

  test.each([
    ["an overlong slash", "c0af"],
    ["a surrogate", "eda080"],
    ["a beginning without its end", "e282"],
  ])("UTF-8 with %s is refused", (_, hex) => expect(() => fromUtf8(fromHex(hex))).toThrow(badEncoding));

  test("a byte order mark is kept, so that two texts never look like one", () => {
    expect(fromUtf8(utf8("\uFEFFa"))).toBe("\uFEFFa");
  });
});

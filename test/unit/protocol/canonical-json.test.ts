import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromUtf8, utf8 } from "../../../src/protocol/bytes.ts";
import { decodeJson, encodeJson, type Json, MAX_JSON_DEPTH } from "../../../src/protocol/canonical-json.ts";
import { tries } from "./effort.ts";

const badJson = expect.objectContaining({ code: "json/encoding" });

const wellFormed = fc.string({ unit: "binary", maxLength: 12 });
const json = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((value) => value + 0),
    wellFormed,
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(wellFormed, tie("json"), { maxKeys: 4 }),
  ),
})).json;

describe("canonical JSON", () => {
  test("what was written is read back the same, and written the same again", () => {
    fc.assert(
      fc.property(json, (value) => {
        const bytes = encodeJson(value);
        expect(encodeJson(decodeJson(bytes))).toEqual(bytes);
        expect(JSON.parse(fromUtf8(bytes))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      tries(200),
    );
  });

  test("any bytes that are read have only that spelling", () => {
    const pieces = fc.constantFrom(...'{}[],:"a1-0.eE+ \\u/n'.split(""), "null", "true", '"a":1', "\\ud800", "\u00e9");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const bytes = utf8(parts.join(""));
        let value: Json;
        try {
          value = decodeJson(bytes);
        } catch (error) {
          expect(error).toEqual(badJson);
          return;
        }
        expect(encodeJson(value)).toEqual(bytes);
      }),
      tries(1000),
    );
  });

  test("members are sorted by UTF-16 units, as in RFC 8785, 3.2.3", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    expect(fromUtf8(encodeJson(value))).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  test("a member named __proto__ is a member like others", () => {
    const bytes = utf8('{"__proto__":{"a":1},"b":2}');
    expect(encodeJson(decodeJson(bytes))).toEqual(bytes);
  });

  test.each([
    ["doubled members", '{"a":1,"a":1}'],
    ["doubled members that differ", '{"a":1,"a":2}'],
    ["a member spelled twice in two ways", '{"\\u0061":1,"a":1}'],
    ["members out of order", '{"b":1,"a":2}'],
    ["white space", '{"a": 1}'],
    ["a line break at the end", '{"a":1}\n'],
    ["minus zero", "-0"],
    ["a fraction", "1.5"],
    ["a whole number as a fraction", "1.0"],
    ["an exponent", "1e3"],
    ["2^53", "9007199254740992"],
    ["a number that is rounded", "9007199254740993"],
    ["minus 2^53", "-9007199254740992"],
    ["a number beyond doubles", "1e999"],
    ["a lone surrogate as an escape", '"\\ud800"'],
    ["surrogates in the wrong order", '"\\udc00\\ud800"'],
    ["a member named by a lone surrogate", '{"\\udfff":1}'],
    ["an escape that is not needed", '"\\u0061"'],
    ["an escaped slash", '"\\/"'],
    ["upper-case digits in an escape", '"\\u001F"'],
    ["a byte order mark", "\uFEFF{}"],
    ["nothing", ""],
    ["two values", "{}{}"],
    ["NaN", "NaN"],
    ["a comment", "{}//"],
    ["a trailing comma", "[1,]"],
    ["nesting one too deep", "[".repeat(MAX_JSON_DEPTH + 1) + "]".repeat(MAX_JSON_DEPTH + 1)],
    ["absurd nesting", "[".repeat(8_000) + "]".repeat(8_000)],
    ["nesting that never ends", "[".repeat(100_000)],
  ])("%s is refused", (_, text) => expect(() => decodeJson(utf8(text))).toThrow(badJson));

  test("nesting up to the limit is read", () => {
    expect(() => decodeJson(utf8("[".repeat(MAX_JSON_DEPTH) + "]".repeat(MAX_JSON_DEPTH)))).not.toThrow();
  });

  test.each([
    ["an overlong form", [0x22, 0xc0, 0xaf, 0x22]],
    ["a surrogate in UTF-8", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a cut character", [0x22, 0xe2, 0x82, 0x22]],
  ])("invalid UTF-8, %s, is refused", (_, bytes) => expect(() => decodeJson(Uint8Array.from(bytes))).toThrow(badJson));

  test.each([
    ["a lone surrogate", "\ud800"],
    ["a float", 0.5],
    ["a number beyond 2^53-1", 2 ** 53],
    ["infinity", Number.POSITIVE_INFINITY],
  ])("%s is not written", (_, value) => expect(() => encodeJson([value])).toThrow(badJson));
});

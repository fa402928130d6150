import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../../src/device/platform/node-crypto.ts";
import { fromUtf8, toBase64, toBase64url, utf8 } from "../../../../src/protocol/bytes.ts";
import { CodedError } from "../../../../src/protocol/errors.ts";
import { encodeLeaf, parseLeaf, readLeaf, readLeaves } from "../../../../src/protocol/register/leaf.ts";
import { NOON, SampleRegister } from "./sample-register.ts";

const sample = new SampleRegister(crypto);
const text = fromUtf8(encodeLeaf("request", NOON, await sample.request()));
const payload = /"payload":"([^"]*)"/.exec(text)?.[1] ?? "";
const signature = /"sig":"([^"]*)"/.exec(text)?.[1] ?? "";

/** What reading gives, or the code of why not. */
function read(reader: typeof readLeaf, bytes: Uint8Array): unknown {
  try {
    const { at, entry } = reader(crypto, bytes);
    const { message, ...statement } = entry.statement;
    return { at, kind: entry.kind, message, ...statement };
  } catch (error) {
    return error instanceof CodedError ? error.code : error;
  }
}

function isSame(other: string): boolean {
  const bytes = utf8(other);
  return isDeepStrictEqual(read(readLeaf, bytes), read(parseLeaf, bytes));
}

describe("a leaf that is taken apart without a parser", () => {
  test("is read as the parser reads it", () => {
    expect(read(readLeaf, utf8(text))).toMatchObject({ at: NOON, kind: "request" });
    expect(isSame(text)).toBe(true);
  });

  test("reads no other text differently from the parser, whatever is changed at whatever place", () => {
    const within = text.indexOf(payload);
    // All of the frame, and some of the payload, whose places are alike.
    const places = Array.from(text, (_, at) => at).filter(
      (at) => at < within + 8 || at > within + payload.length - 8 || at % 97 === 0,
    );
    const others = ["", '"', "\\", "A", "-", "=", "0", "\u00e9"];
    const different = places.flatMap((at) =>
      others
        .filter((other) => !isSame(text.slice(0, at) + other + text.slice(at + (at % 2))))
        .map((other) => [at, other]),
    );
    expect(different).toEqual([]);
  });

  test("is read beside others as alone, each with its own digest, a bad one among them", async () => {
    const accreditation = encodeLeaf("accreditation", NOON, await sample.accreditation());
    const second = encodeLeaf("request", NOON + 1, await sample.request({ caseNumber: "2" }));
    const entries = [utf8(text), accreditation, utf8(`${text} `), second, utf8(""), utf8(text)];
    const together = await readLeaves(crypto, entries);
    expect(together.map((one) => read(one, new Uint8Array()))).toEqual(entries.map((bytes) => read(readLeaf, bytes)));
    expect(await readLeaves(crypto, [])).toEqual([]);
  });

  test.each([
    ["a payload in the other alphabet", text.replace(payload, toBase64url(utf8("????>>>>")))],
    ["a signature in the other alphabet", text.replace(signature, toBase64url(new Uint8Array(64).fill(255)))],
    ["a payload without its padding", text.replace(payload, payload.replaceAll("=", ""))],
    ["a payload that is no JSON", text.replace(payload, toBase64(utf8("{")))],
    ["a payload that is no JSON, and more after the leaf", `${text.replace(payload, toBase64(utf8("{")))} `],
    ["a time with a leading zero", text.replace(`${NOON}`, `0${NOON}`)],
    ["a time below zero", text.replace(`${NOON}`, "-1")],
    ["a time with a fraction", text.replace(`${NOON}`, "1.5")],
    ["a time beyond 2^53", text.replace(`${NOON}`, "9007199254740992")],
    ["the largest time", text.replace(`${NOON}`, "9007199254740991")],
    ["a key id with an escape", text.replace('"keyid":"', '"keyid":"\\n')],
    ["a key id with an accent", text.replace('"keyid":"', '"keyid":"\u00e9')],
    ["a key id of 65 characters", text.replace(/"keyid":"[^"]*"/, `"keyid":"${"k".repeat(65)}"`)],
    ["a second signature", text.replace('"}]', '"},{"keyid":"","sig":""}]')],
    ["a member more", text.replace('{"at"', '{"also":1,"at"')],
    ["a leaf too large", text.replace(payload, "A".repeat(16_384))],
    ["nothing", ""],
  ])("%s", (_, other) => {
    expect(other).not.toBe(text);
    expect(isSame(other)).toBe(true);
  });
});

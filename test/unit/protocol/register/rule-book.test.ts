import { beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../../src/device/platform/node-crypto.ts";
import { readLeaf } from "../../../../src/protocol/register/leaf.ts";
import { RuleBook } from "../../../../src/protocol/register/rule-book.ts";
import type { Request } from "../../../../src/protocol/register/statements/request.ts";
import { NOON, REGISTER, type SampleBook, SampleRegister, wordOf } from "./sample-register.ts";

const sample = new SampleRegister(crypto);
const HOUR = 3_600;
const DAY = 86_400;
let book: SampleBook;
beforeEach(async () => {
  book = await sample.book();
});

/** What becomes of a request that differs from a good one in this. */
const asked = async (changes: Partial<Request>, at = NOON): Promise<string> =>
  book.try("request", at, await sample.request(changes));

describe("each rule, on both sides of its limit", () => {
  const area = { latitude: 2_612_240, longitude: -8_013_730, radius: 300 };
  const window = { start: NOON - 36_000, end: NOON - 28_800 };
  const cases: readonly (readonly [name: string, changes: Partial<Request>, code: string])[] = [
    ["a good request", {}, "accepted"],
    ["150 m", { area: { ...area, radius: 150 } }, "accepted"],
    ["149 m", { area: { ...area, radius: 149 } }, "request/radius"],
    ["650 m", { area: { ...area, radius: 650 } }, "accepted"],
    ["651 m", { area: { ...area, radius: 651 } }, "request/radius"],
    ["15 minutes", { window: { start: window.end - 900, end: window.end } }, "accepted"],
    ["no minutes", { window: { start: window.end, end: window.end } }, "request/window-length"],
    [
      "a window that ends before it begins",
      { window: { start: window.end, end: window.start } },
      "request/window-length",
    ],
    ["12 hours", { window: { start: window.end - 12 * HOUR, end: window.end } }, "accepted"],
    [
      "12 hours and a quarter",
      { window: { start: window.end - 12 * HOUR - 900, end: window.end } },
      "request/window-length",
    ],
    ["a start off the quarter", { window: { start: window.start + 1, end: window.end } }, "request/window-quarter"],
    ["an end off the quarter", { window: { start: window.start, end: window.end - 60 } }, "request/window-quarter"],
    ["a window that ends now", { window: { start: NOON - 900, end: NOON } }, "accepted"],
    ["a window that ends in a quarter", { window: { start: NOON - 900, end: NOON + 900 } }, "request/window-future"],
    ["an expiry in a second", { expires: NOON + 1 }, "accepted"],
    ["an expiry now", { expires: NOON }, "request/expired"],
    ["14 days", { expires: NOON + 14 * DAY }, "accepted"],
    ["14 days and a second", { expires: NOON + 14 * DAY + 1 }, "request/expiry"],
    ["280 characters", { text: "é".repeat(280) }, "accepted"],
    ["280 characters outside the first plane", { text: "😀".repeat(280) }, "accepted"],
    ["281 characters", { text: "é".repeat(281) }, "request/text-length"],
    ["no text", { text: "" }, "request/text-length"],
    ["a line break", { text: "a\nb" }, "request/text-form"],
    ["a character that turns the direction", { text: "a\u202Eb" }, "request/text-form"],
    ["text that is not composed", { text: "e\u0301" }, "request/text-form"],
    ["a pressing word", { text: "You must send your film." }, "request/pressing-words"],
    ["the word within another", { text: "The mustard thief" }, "accepted"],
    ["another agency", { agency: "Village Police" }, "request/agency"],
    ["another register", { register: "other.example" }, "request/other-register"],
  ];
  test.each(cases)("%s: %s %s", async (_, changes, code) => {
    expect(await asked(changes)).toBe(code);
  });
});

describe("who may ask", () => {
  test("nobody without an accreditation, and nobody after its revocation until a new one", async () => {
    expect(book.try("request", NOON, await sample.request({}, "stranger"))).toBe("request/unaccredited");
    book.take("accreditation-revocation", NOON, await sample.revocation());
    expect(await asked({})).toBe("request/revoked");
    book.take("accreditation", NOON, await sample.accreditation());
    expect(await asked({})).toBe("accepted");
  });

  test("nobody before the rules are published", async () => {
    const early = new RuleBook(crypto, REGISTER);
    const request = { at: NOON, entry: readLeaf(crypto, book.leaves[0] ?? new Uint8Array()).entry };
    expect(wordOf(early.follow(request, () => true))).toBe("accepted");
  });
});

describe("what has been asked before", () => {
  const far = { latitude: 2_700_000, longitude: -8_013_730, radius: 300 };
  test("five a day, by the log's UTC day", async () => {
    for (let i = 0; i < 5; i += 1) {
      expect(await asked({ area: { ...far, latitude: far.latitude + i * 10_000 } })).toBe("accepted");
    }
    const midnight = Math.ceil(NOON / DAY) * DAY;
    expect(await asked({}, midnight - 1)).toBe("request/daily-limit");
    expect(await asked({}, midnight)).toBe("accepted");
  });

  test("the same request twice is a replay as long as it has not expired", async () => {
    const request = await sample.request({ expires: NOON + 2 * DAY });
    book.take("request", NOON, request);
    expect(book.try("request", NOON + 2 * DAY - 1, request)).toBe("request/replayed");
    expect(book.try("request", NOON + 2 * DAY, request)).toBe("request/expired");
  });

  test("an overlapping area and window waits for 24 hours, whoever asks", async () => {
    book.take("accreditation", NOON, await sample.accreditation("colleague"));
    book.take("request", NOON, await sample.request());
    const again = await sample.request({ caseNumber: "7" }, "colleague");
    expect(book.try("request", NOON + DAY - 1, again)).toBe("request/overlap");
    expect(book.try("request", NOON + DAY, again)).toBe("accepted");
  });
});

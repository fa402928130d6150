import { beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../../src/device/platform/node-crypto.ts";
import { decodeJson, encodeJson, type Json } from "../../../../src/protocol/canonical-json.ts";
import { readLeaf } from "../../../../src/protocol/register/leaf.ts";
import { RuleBook } from "../../../../src/protocol/register/rule-book.ts";
import { embedCard, type Request } from "../../../../src/protocol/register/statements/request.ts";
import { type CountryYearOptions, countryYear, YEAR_2020 } from "../../../fakes/country-year.ts";
import { NOON, SampleBook, SampleRegister, wordOf } from "./sample-register.ts";

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
    ["a pressing word in pieces", { text: "You mu-st send your film." }, "request/pressing-words"],
    ["a pressing word as the officer's name", { officer: "Answer, you must" }, "request/pressing-words"],
    ["a pressing word as the case number", { caseNumber: "FINAL NOTICE 4711" }, "request/pressing-words"],
    ["a character of no width", { text: "a\u200Bb" }, "request/text-form"],
    ["a letter that is blank", { text: "you\u3164must" }, "request/text-form"],
    ["a character that breaks the line", { text: "a\u2028b" }, "request/text-form"],
    ["accents that would cover other lines", { text: `a${"\u0335".repeat(5)}` }, "request/text-form"],
    ["as many accents as a language needs", { text: `a${"\u0335".repeat(4)}` }, "accepted"],
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
    const early = new SampleBook(crypto);
    early.take("register", NOON, await sample.register());
    early.take("accreditation", NOON, await sample.accreditation());
    expect(early.try("request", NOON, await sample.request())).toBe("request/no-rules");
    early.take("rules", NOON, await sample.rules());
    expect(early.try("request", NOON, await sample.request())).toBe("accepted");
  });

  test("nobody with another key than the accredited one, and nobody with a card that is not signed", async () => {
    expect(book.try("request", NOON, await sample.request({}, "thief", "officer"))).toBe("request/signature");
    const again = await sample.book();
    expect(again.try("request", NOON, await sample.request({ card: embedCard(await sample.card("thief")) }))).toBe(
      "request/card",
    );
  });

  test("nobody with a card whose name presses", async () => {
    const card = embedCard(await sample.card("card", "You must answer"));
    expect(book.try("request", NOON, await sample.request({ card }))).toBe("request/pressing-words");
  });

  test("only the operator accredits, revokes and makes rules", async () => {
    expect(book.try("rules", NOON, await sample.rules({}, [], "officer"))).toBe("register-leaf/operator");
    expect(book.try("accreditation", NOON, await sample.accreditation("friend", "Town", "officer"))).toBe(
      "register-leaf/operator",
    );
    expect(book.try("accreditation-revocation", NOON, await sample.revocation("officer", "thief"))).toBe(
      "register-leaf/operator",
    );
    expect(book.try("accreditation-revocation", NOON, await sample.revocation("stranger"))).toBe(
      "register-leaf/unknown-requester",
    );
  });

  test("a requester with a forged accreditation is not shown, whether its signature was looked at or not", async () => {
    const forged = await sample.accreditation("friend", "Town", "officer");
    const request = await sample.request({ agency: "Town" }, "friend");
    for (const looks of [true, false]) {
      const fresh = await sample.book();
      fresh.follow("accreditation", NOON, forged, looks);
      expect(fresh.follow("request", NOON, request, true)).toBe("request/unaccredited");
    }
  });

  test("the operator hands over to another key, and the old one counts for nothing", async () => {
    book.take("register", NOON, await sample.register("operator", "heir"));
    expect(book.try("rules", NOON, await sample.rules())).toBe("register-leaf/operator");
    expect(book.try("rules", NOON, await sample.rules({}, [], "heir"))).toBe("accepted");
    expect(book.try("register", NOON, await sample.register("operator"))).toBe("register-leaf/operator");
    expect(await asked({})).toBe("accepted");
  });

  test("a log begins with the register's own statement, signed by the key in it", async () => {
    const empty = new SampleBook(crypto);
    expect(empty.try("rules", NOON, await sample.rules())).toBe("register-leaf/first");
    expect(empty.try("register", NOON, await sample.register("thief"))).toBe("register-leaf/operator");
  });

  test("time does not fall", async () => {
    book.take("request", NOON, await sample.request());
    const rules = await sample.rules();
    expect(book.try("rules", NOON - 1, rules)).toBe("register-leaf/back-dated");
    expect(book.try("rules", NOON, rules)).toBe("accepted");
  });
});

describe("rules of a register", () => {
  test.each([
    ["radius", { radiusMax: 299 }, "request/radius"],
    ["window", { windowMax: 7_199 }, "request/window-length"],
    ["shortest window", { windowMin: 7_201 }, "request/window-length"],
    ["text", { textMax: 80 }, "request/text-length"],
    ["expiry", { expiryMax: 7 * 86_400 - 1 }, "request/expiry"],
  ] as const)("may be stricter than the protocol, from their leaf on: %s", async (_, limits, code) => {
    const strict = await sample.book(limits);
    expect(strict.try("request", NOON, await sample.request())).toBe(code);
    strict.take("rules", NOON, await sample.rules());
    expect(strict.try("request", NOON, await sample.request())).toBe("accepted");
  });

  test.each([
    { radiusMax: 651 },
    { radiusMin: 149 },
    { windowMin: 899 },
    { windowMax: 43_201 },
    { textMax: 281 },
    { expiryMax: 14 * 86_400 + 1 },
    { requestsPerDay: 6 },
    { requestsPerDay: 0 },
    { radiusMin: 400, radiusMax: 300 },
  ])("are never laxer: %o", async (limits) => {
    await expect(sample.rules(limits)).rejects.toMatchObject({ code: "json/shape" });
  });

  test("name the pressing words", async () => {
    const strict = await sample.book({}, ["van"]);
    expect(strict.try("request", NOON, await sample.request())).toBe("request/pressing-words");
    expect(strict.try("request", NOON, await sample.request({ text: "You must answer" }))).toBe("accepted");
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

  test("another area or another window does not wait", async () => {
    book.take("request", NOON, await sample.request());
    expect(await asked({ area: far })).toBe("accepted");
    expect(await asked({ window: { start: NOON - 28_800, end: NOON - 27_000 } })).toBe("accepted");
  });

  test("an extension repeats an own open request and expires later", async () => {
    const first = await sample.request();
    book.take("request", NOON, first);
    book.take("accreditation", NOON, await sample.accreditation("colleague"));
    const later = { extends: sample.digestOf("request", first), expires: NOON + 8 * DAY };
    const extended = (changes: Partial<Request>, by = "officer") => sample.request({ ...later, ...changes }, by);
    const wrong = [
      extended({ expires: NOON + 7 * DAY }),
      extended({ caseNumber: "another" }),
      extended({ area: { ...far } }),
      extended({ window: { start: NOON - 36_000, end: NOON - 27_900 } }),
      extended({ extends: new Uint8Array(32) }),
      extended({}, "colleague"),
    ];
    for (const request of await Promise.all(wrong)) {
      expect(book.try("request", NOON + 60, request)).toBe("request/extends");
    }
    const changed = { text: "We still look for pictures.", officer: "R. Colleague", offence: "robbery" } as const;
    expect(book.try("request", NOON + 60, await extended(changed))).toBe("accepted");
    expect(book.book.requestsOn(sample.signer("officer").publicKey, NOON)).toBe(2);
  });

  test("an expired request cannot be extended", async () => {
    const first = await sample.request();
    book.take("request", NOON, first);
    const late = await sample.request({ extends: sample.digestOf("request", first), expires: NOON + 9 * DAY });
    expect(book.try("request", NOON + 7 * DAY, late)).toBe("request/extends");
    expect(book.try("request", NOON + 7 * DAY - 1, late)).toBe("accepted");
  });
});

describe("outcomes", () => {
  const today = Math.floor(NOON / DAY);
  let request: Uint8Array;
  beforeEach(async () => {
    const envelope = await sample.request();
    book.take("request", NOON, envelope);
    request = sample.digestOf("request", envelope);
  });

  test("are taken of own requests only", async () => {
    book.take("accreditation", NOON, await sample.accreditation("colleague"));
    expect(book.try("outcome", NOON, await sample.outcome({ request }, "colleague"))).toBe("request/no-such-request");
    const unknown = await sample.outcome({ request: new Uint8Array(32) });
    expect(book.try("outcome", NOON, unknown)).toBe("request/no-such-request");
    expect(book.try("outcome", NOON, await sample.outcome({ request }))).toBe("accepted");
  });

  test("are kept until today or later, and deleted by today", async () => {
    const outcome = async (word: "kept-until" | "deleted-on", day: number) =>
      book.try("outcome", NOON, await sample.outcome({ request, outcome: word, day }));
    expect(await outcome("kept-until", today - 1)).toBe("request/outcome-day");
    expect(await outcome("kept-until", today)).toBe("accepted");
    expect(await outcome("deleted-on", today + 1)).toBe("request/outcome-day");
    expect(await outcome("deleted-on", today)).toBe("accepted");
    expect(await outcome("kept-until", today)).toBe("request/outcome-closed");
  });

  test("are four at most", async () => {
    for (const day of [1, 2, 3, 4]) {
      expect(book.try("outcome", NOON, await sample.outcome({ request, day: today + day }))).toBe("accepted");
    }
    const fifth = await sample.outcome({ request, day: today + 5 });
    expect(book.try("outcome", NOON, fifth)).toBe("request/outcome-closed");
  });

  test("outlast a revocation, so that the last word can still be said", async () => {
    book.take("accreditation-revocation", NOON, await sample.revocation());
    expect(book.try("outcome", NOON, await sample.outcome({ request }))).toBe("accepted");
  });
});

describe("a snapshot", () => {
  const year: CountryYearOptions = { ...YEAR_2020, requests: 120, requesters: 7, days: 12, matches: 3 };

  test("goes on wherever it was taken, with the same verdicts and the same state", async () => {
    const leaves: Uint8Array[] = [];
    for await (const bytes of countryYear(year)) leaves.push(bytes);
    let saved = new RuleBook(crypto, year.register);
    const whole = new RuleBook(crypto, year.register);
    for (const [i, bytes] of leaves.entries()) {
      const leaf = readLeaf(crypto, bytes);
      const twice = { at: leaf.at, entry: leaf.entry };
      expect(wordOf(whole.follow(leaf, () => i % 3 === 0))).toBe("accepted");
      expect(wordOf(saved.follow(leaf, () => i % 3 === 0))).toBe("accepted");
      saved = RuleBook.restore(crypto, decodeJson(encodeJson(saved.snapshot())));
      if (leaf.entry.kind === "request") expect(wordOf(saved.judge(twice.entry, twice.at))).toBe("request/replayed");
      expect(saved.snapshot()).toEqual(whole.snapshot());
    }
  });

  test("does not depend on whose signatures were looked at, but for the memory of having looked", async () => {
    const [some, none] = [new RuleBook(crypto, year.register), new RuleBook(crypto, year.register)];
    for await (const bytes of countryYear(year)) {
      const leaf = readLeaf(crypto, bytes);
      some.follow(leaf, ({ kind }) => kind === "request");
      none.follow(leaf, () => false);
    }
    const without = (json: Json): unknown =>
      JSON.parse(JSON.stringify(json), (name, value) => (["vouched", "statement"].includes(name) ? null : value));
    const plain = (json: Json) => JSON.stringify(without(json)).replaceAll(/"operator":(?:null|"[\w-]+")/g, "");
    expect(plain(some.snapshot())).toBe(plain(none.snapshot()));
  });
});

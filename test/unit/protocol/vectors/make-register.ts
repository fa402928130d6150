import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { CodedError } from "../../../../src/protocol/errors.ts";
import { leafHash } from "../../../../src/protocol/merkle.ts";
import { areasOverlap, covers } from "../../../../src/protocol/register/area.ts";
import { type EntryKind, encodeLeaf, readLeaf, readSubmission } from "../../../../src/protocol/register/leaf.ts";
import { foldWords, PressingWords } from "../../../../src/protocol/register/pressing-words.ts";
import { RuleBook } from "../../../../src/protocol/register/rule-book.ts";
import { type Area, embedCard, type Request } from "../../../../src/protocol/register/statements/request.ts";
import { AGENCY, NOON, REGISTER, SampleRegister } from "../register/sample-register.ts";
import { textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

const DAY = 86_400;

export async function makeRegisterLeaves(crypto: Crypto): Promise<VectorFile> {
  const sample = new SampleRegister(crypto);
  const request = await sample.request();
  const digest = sample.digestOf("request", request);
  const statements: readonly (readonly [EntryKind, Uint8Array])[] = [
    ["register", await sample.register()],
    ["rules", await sample.rules({ requestsPerDay: 3 }, ["you must", "warrant*"])],
    ["accreditation", await sample.accreditation()],
    ["request", request],
    [
      "request",
      await sample.request({ extends: digest, expires: NOON + 8 * DAY, text: "Caf\u00e9 na\u00efve \u{1F697}" }),
    ],
    ["outcome", await sample.outcome({ request: digest })],
    ["accreditation-revocation", await sample.revocation()],
  ];
  return {
    about: "Leaves of a register: envelope and leaf are texts, to be taken as UTF-8",
    vectors: statements.map(([kind, envelope], i) => ({
      name: `leaf ${i}`,
      kind,
      at: NOON + i,
      envelope: textOf(envelope),
      leaf: textOf(encodeLeaf(kind, NOON + i, envelope)),
      digest: toHex(readSubmission(crypto, kind, envelope).statement.digest),
    })),
  };
}

export function makeAreas(): VectorFile {
  const town: Area = { latitude: 2_612_240, longitude: -8_013_730, radius: 300 };
  const at = (latitude: number, longitude: number, radius: number): Area => ({ latitude, longitude, radius });
  const cases: readonly (readonly [string, Area, Area])[] = [
    ["the same centre", town, { ...town, radius: 150 }],
    ["300 m north, just within", town, at(2_612_240 + 269, -8_013_730, 150)],
    ["300 m north, just without", town, at(2_612_240 + 270, -8_013_730, 150)],
    ["300 m east, just within", town, at(2_612_240, -8_013_730 + 300, 150)],
    ["300 m east, just without", town, at(2_612_240, -8_013_730 + 301, 150)],
    ["450 m north, circles just overlap", town, at(2_612_240 - 404, -8_013_730, 150)],
    ["450 m north, circles just do not", town, at(2_612_240 - 405, -8_013_730, 150)],
    ["north-east, just within", town, at(2_612_240 + 190, -8_013_730 + 212, 150)],
    ["north-east, just without", town, at(2_612_240 + 191, -8_013_730 + 213, 150)],
    ["across the equator", at(-100, 500, 650), at(100, 700, 650)],
    ["across the date line", at(1_700_000, 17_999_900, 400), at(1_700_000, -17_999_950, 400)],
    ["far north, where degrees of longitude are short", at(7_823_400, 1_560_000, 650), at(7_823_400, 1_564_000, 650)],
    ["half a degree below the pole", at(8_950_000, 0, 650), at(8_950_000, 60_000, 650)],
    ["over the pole, which the formula does not know", at(8_999_900, 0, 650), at(8_999_900, -18_000_000, 650)],
    ["the other side of the world", at(4_000_000, 0, 650), at(-4_000_000, 17_999_999, 650)],
  ];
  return {
    about: "Circles in 10^-5 degrees and metres: does the first cover the other's centre, and do they overlap?",
    vectors: cases.map(([name, area, other]) => ({
      name,
      ...area,
      otherLatitude: other.latitude,
      otherLongitude: other.longitude,
      otherRadius: other.radius,
      covers: covers(area, other),
      overlaps: areasOverlap(area, other),
    })),
  };
}

export function makePressingWords(): VectorFile {
  const words = ["you must", "warrant*", "est\u00e1 obligado", "penalty", "x"];
  const texts = [
    "A blue van was seen in this street.",
    "You must answer.",
    "YOU  M\u00dcST!",
    "you mustard",
    "search warrants follow",
    "w a r r a n t",
    "w.a.r.r.a.n.t.s",
    "wa rr ant",
    "\uff57\uff41\uff52\uff52\uff41\uff4e\uff54", // full width
    "\u{1D430}\u{1D41A}\u{1D42B}\u{1D42B}\u{1D41A}\u{1D427}\u{1D42D}", // mathematical bold
    "w\u0430rr\u0430nt", // Cyrillic a
    "w4rr4n7",
    "war\u200brant", // zero width space
    "y\u043eu mus\u0442",
    "pena1ty, PENALTY, penaIty",
    "penalties",
    "esta obligado",
    "\u00bfEst\u00c1 OBLIGADO?",
    "\u0130stanbul \u00df \u0141\u00f3d\u017a \ufb01ne",
    "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
    "1 2 3 x 4",
    "yo-u mu.st",
    "you mu stard",
    "a youmust",
    "I w a r r a n t you",
    "\u028f\u1d0f\u1d1c \u1d0d\u1d1c\ua731\u1d1b", // small capitals
    "\u{1F1FE}\u{1F1F4}\u{1F1FA} \u{1F17C}\u{1F184}\u{1F182}\u{1F183}", // in boxes
    "y\u0585\u057d must", // Armenian
    "\u4f60\u5fc5\u987b \u0623\u0646\u062a",
    "",
  ];
  return {
    about: "Texts folded as a register folds them, and whether they have one of the words",
    vectors: texts.map((text) => ({
      text,
      folded: foldWords(text),
      words,
      found: new PressingWords(words).findIn(text) !== null,
    })),
  };
}

/** A log, each leaf with the verdict on it. */
class JudgedLog {
  readonly leaves: { leaf: string; leafHash: string; verdict: string }[] = [];
  readonly #crypto: Crypto;
  readonly #book: RuleBook;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
    this.#book = new RuleBook(crypto, REGISTER);
  }

  put(kind: EntryKind, at: number, envelope: Uint8Array): void {
    this.putBytes(encodeLeaf(kind, at, envelope));
  }

  putBytes(bytes: Uint8Array): void {
    this.leaves.push({
      leaf: textOf(bytes),
      leafHash: toHex(leafHash(this.#crypto, bytes)),
      verdict: this.#verdict(bytes),
    });
  }

  #verdict(bytes: Uint8Array): string {
    try {
      const verdict = this.#book.follow(readLeaf(this.#crypto, bytes), () => true);
      return verdict.verdict === "accepted" ? "accepted" : verdict.code;
    } catch (error) {
      if (error instanceof CodedError) return String(error.code);
      throw error;
    }
  }
}

export async function makeRuleBook(crypto: Crypto): Promise<VectorFile> {
  const sample = new SampleRegister(crypto);
  const area = { latitude: 2_612_240, longitude: -8_013_730, radius: 300 };
  const start = async (): Promise<JudgedLog> => {
    const log = new JudgedLog(crypto);
    log.put("register", NOON - 9, await sample.register());
    log.put("rules", NOON - 9, await sample.rules({}, ["you must", "warrant*"]));
    log.put("accreditation", NOON - 9, await sample.accreditation());
    return log;
  };
  const ask = async (log: JudgedLog, changes: Partial<Request>, at = NOON): Promise<void> =>
    log.put("request", at, await sample.request(changes));

  const limits = await start();
  const window = { start: NOON - 36_000, end: NOON - 28_800 };
  const oneSideAndTheOther: readonly Partial<Request>[] = [
    { area: { ...area, radius: 149 } },
    { area: { ...area, radius: 651 } },
    { window: { ...window, start: window.start + 60 } },
    { window: { start: window.end, end: window.end } },
    { window: { start: window.end - 44_100, end: window.end } },
    { window: { start: NOON, end: NOON + 900 } },
    { expires: NOON },
    { expires: NOON + 14 * DAY + 1 },
    { text: "a\tb" },
    { text: "e\u0301" },
    { text: "" },
    { text: "\u{1F697}".repeat(281) },
    { text: "You m\u0443st" },
    { agency: "Village Police" },
    { register: "other.example" },
    { extends: new Uint8Array(32) },
    { area: { ...area, radius: 150 }, window: { start: NOON - 900, end: NOON }, expires: NOON + 1 },
    {
      area: { ...area, radius: 650 },
      window: { start: NOON - 54_000, end: NOON - 10_800 },
      expires: NOON + 14 * DAY,
      text: "\u{1F697}".repeat(280),
    },
  ];
  for (const changes of oneSideAndTheOther) await ask(limits, changes);

  const history = await start();
  const first = await sample.request({ expires: NOON + 2 * DAY });
  const digest = sample.digestOf("request", first);
  history.put("request", NOON, first);
  history.put("request", NOON + 1, first);
  await ask(history, { caseNumber: "another" }, NOON + 2);
  await ask(history, { extends: digest, expires: NOON + 2 * DAY }, NOON + 3);
  await ask(history, { extends: digest, expires: NOON + 3 * DAY }, NOON + 3);
  for (const i of [1, 2, 3, 4]) await ask(history, { area: { ...area, latitude: i * 100_000 } }, NOON + 4);
  await ask(history, { caseNumber: "the next day" }, NOON + DAY / 2);
  await ask(history, { caseNumber: "24 hours later" }, NOON + DAY + 2);
  await ask(history, { caseNumber: "24 hours after the extension" }, NOON + DAY + 3);
  history.put("request", NOON + 2 * DAY, first);
  await ask(history, { extends: digest, expires: NOON + 5 * DAY }, NOON + 2 * DAY);
  history.put("rules", NOON + DAY, await sample.rules());

  const people = await start();
  people.put("request", NOON, await sample.request({}, "stranger"));
  people.put("request", NOON, await sample.request({}, "thief", "officer"));
  people.put("accreditation", NOON, await sample.accreditation("friend", AGENCY, "officer"));
  people.put("request", NOON, await sample.request({ area: { ...area, latitude: 0 } }, "friend"));
  await ask(people, { area: { ...area, latitude: 200_000 }, card: embedCard(await sample.card("thief")) });
  people.put("accreditation-revocation", NOON, await sample.revocation("nobody"));
  people.put("accreditation-revocation", NOON, await sample.revocation("friend", "thief"));
  people.put("request", NOON, await sample.request({}, "friend"));
  people.put("rules", NOON, await sample.rules({ requestsPerDay: 1 }, [], "officer"));
  people.put("accreditation-revocation", NOON, await sample.revocation());
  await ask(people, {});
  people.put("accreditation", NOON, await sample.accreditation());
  await ask(people, { area: { ...area, latitude: 400_000 } });
  people.put("register", NOON, await sample.register("officer", "officer"));
  people.put("register", NOON, await sample.register("operator", "heir"));
  people.put("accreditation", NOON, await sample.accreditation("colleague"));
  people.put("accreditation", NOON, await sample.accreditation("colleague", AGENCY, "heir"));
  people.put("request", NOON, await sample.request({ area: { ...area, latitude: 600_000 } }, "colleague"));
  people.putBytes(utf8('{"at":1700481600}'));
  people.putBytes(utf8('{"at":1700481600,"wish":{}}'));
  people.putBytes(utf8('{"at":1700481600,"request":{}}'));

  const outcomes = await start();
  const asked = await sample.request();
  const request = sample.digestOf("request", asked);
  const today = Math.floor(NOON / DAY);
  outcomes.put("request", NOON, asked);
  outcomes.put("accreditation", NOON, await sample.accreditation("colleague"));
  outcomes.put("outcome", NOON, await sample.outcome({ request }, "colleague"));
  outcomes.put("outcome", NOON, await sample.outcome({ request: new Uint8Array(32) }));
  outcomes.put("outcome", NOON, await sample.outcome({ request, day: today - 1 }));
  outcomes.put("outcome", NOON, await sample.outcome({ request, day: today }));
  outcomes.put("outcome", NOON, await sample.outcome({ request, outcome: "deleted-on", day: today + 1 }));
  outcomes.put("outcome", NOON, await sample.outcome({ request, outcome: "deleted-on", day: today }));
  outcomes.put("outcome", NOON, await sample.outcome({ request, day: today + 9 }));

  const early = new JudgedLog(crypto);
  early.put("rules", NOON, await sample.rules());
  early.put("register", NOON, await sample.register("thief"));
  early.put("register", NOON, await sample.register());
  early.put("accreditation", NOON, await sample.accreditation());
  await ask(early, {});

  return {
    about: "Whole logs of registers: each leaf in order with the verdict on it, all signatures being looked at",
    vectors: Object.entries({ limits, history, people, outcomes, early }).map(([name, { leaves }]) => ({
      name,
      register: REGISTER,
      leaves,
    })),
  };
}

import { beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { fromUtf8, toBase64url, utf8 } from "../../../src/protocol/bytes.ts";
import { encodeLeaf } from "../../../src/protocol/register/leaf.ts";
import { RuleBook } from "../../../src/protocol/register/rule-book.ts";
import { embedCard, type Request, requestStatement } from "../../../src/protocol/register/statements/request.ts";
import { buildShare } from "../../../src/protocol/share.ts";
import { readTar, type TarFile, writeTar } from "../../../src/protocol/tar.ts";
import { encodeVerifierKey } from "../../../src/protocol/tlog/note.ts";
import { checkCard } from "../../../src/recipient/card.ts";
import { composeExtension, composeOutcome, composeRequest, type RequestWish } from "../../../src/requester/compose.ts";
import { followAsRequester, ownRequest, ownRequests, proveInclusion } from "../../../src/requester/own-requests.ts";
import {
  type BundledProof,
  makeProofBundle,
  type RegisterKeys,
  requestOfShare,
  verifyProofBundle,
} from "../../../src/requester/proof-bundle.ts";
import { type HttpPost, submitStatement } from "../../../src/requester/submit.ts";
import { MemoryLog } from "../../fakes/memory-log.ts";
import { makeShareWorld, type ShareWorld } from "../../forge/share-world.ts";
import { AGENCY, NOON, REGISTER, type SampleBook, SampleRegister } from "../protocol/register/sample-register.ts";

const sample = new SampleRegister(crypto);
const signer = sample.signer("officer");
const WISH: RequestWish = {
  agency: AGENCY,
  officer: "Sgt. Rivera",
  caseNumber: "2023-004711",
  offence: "burglary",
  area: { latitude: 2_612_240, longitude: -8_013_730, radius: 300 },
  window: { start: NOON - 36_000, end: NOON - 28_800 },
  text: "A blue van was seen in this street.",
  expires: NOON + 7 * 86_400,
};

let book: SampleBook;
let card: Uint8Array;
beforeEach(async () => {
  book = await sample.book();
  card = await sample.card();
});

const ports = (nowSeconds = NOON) => ({ crypto, signer, book: book.book, nowSeconds });
const codeOf = (composing: Promise<unknown>): Promise<string> =>
  composing.then(
    () => "sent",
    (error: { readonly code?: string }) => error.code ?? "no code",
  );

describe("a request is judged by every rule before it is sent", () => {
  const cases: readonly (readonly [what: string, changes: Partial<RequestWish>, code: string])[] = [
    ["a good one", {}, "sent"],
    ["text that is not composed is composed", { text: "Cafe\u0301 door" }, "sent"],
    ["radius", { area: { ...WISH.area, radius: 100 } }, "request/radius"],
    ["quarter hours", { window: { start: NOON - 36_001, end: NOON - 28_800 } }, "request/window-quarter"],
    ["length of the window", { window: { start: NOON - 86_400, end: NOON - 28_800 } }, "request/window-length"],
    ["a window to come", { window: { start: NOON, end: NOON + 900 } }, "request/window-future"],
    ["expiry", { expires: NOON + 15 * 86_400 }, "request/expiry"],
    ["pressure", { text: "You must comply." }, "request/pressing-words"],
    ["agency", { agency: "Village Police" }, "request/agency"],
    ["too long a text", { text: "a".repeat(281) }, "request/text-length"],
    ["two lines in the case number", { caseNumber: "1\n2" }, "json/shape"],
  ];
  test.each(cases)("%s", async (_what, changes, code) => {
    expect(await codeOf(composeRequest(ports(), card, { ...WISH, ...changes }))).toBe(code);
  });

  test("five a day, and nothing of the same place and time twice", async () => {
    book.take("request", NOON, (await composeRequest(ports(), card, WISH)).envelope);
    expect(await codeOf(composeRequest(ports(), card, { ...WISH, caseNumber: "2" }))).toBe("request/overlap");
    for (let i = 1; i < 5; i += 1) {
      const area = { ...WISH.area, latitude: WISH.area.latitude + i * 10_000 };
      book.take("request", NOON, (await composeRequest(ports(), card, { ...WISH, area })).envelope);
    }
    const area = { ...WISH.area, latitude: WISH.area.latitude + 90_000 };
    expect(await codeOf(composeRequest(ports(), card, { ...WISH, area }))).toBe("request/daily-limit");
  });

  test("an extension says the same for longer, an outcome is about a request of one's own", async () => {
    const { envelope, digest } = await composeRequest(ports(), card, WISH);
    book.take("request", NOON, envelope);
    const request = (await sample.requestPayload()) satisfies Request;
    const earlier = { request: { ...request, ...WISH, card: embedCard(card) }, digest };
    expect(await codeOf(composeExtension(ports(), card, earlier, WISH.expires))).toBe("request/extends");
    book.take("request", NOON, (await composeExtension(ports(), card, earlier, WISH.expires + 3_600)).envelope);
    const day = Math.floor(NOON / 86_400);
    const told = { request: digest, outcome: "deleted-on", day } as const;
    expect(await codeOf(composeOutcome(ports(), { ...told, day: day + 1 }))).toBe("request/outcome-day");
    expect(await codeOf(composeOutcome(ports(), { ...told, request: new Uint8Array(32) }))).toBe(
      "request/no-such-request",
    );
    book.take("outcome", NOON, (await composeOutcome(ports(), told)).envelope);
  });

  test("somebody whom nobody vouched for is told so here", async () => {
    const stranger = { ...ports(), signer: sample.signer("stranger") };
    expect(await codeOf(composeRequest(stranger, card, WISH))).toBe("request/unaccredited");
  });
});

describe("what the register answers", () => {
  const answering =
    (status: number, json: unknown): HttpPost =>
    async (url) => {
      expect(url).toBe("https://register.example/statements/request");
      return { status, body: utf8(typeof json === "string" ? json : JSON.stringify(json)) };
    };
  const sent = async (post: HttpPost): Promise<unknown> =>
    submitStatement(post, "https://register.example/", await composeRequest(ports(), card, WISH)).catch(
      (error: { readonly code: string }) => error.code,
    );

  test("a promise about what was sent is taken, one about something else is not", async () => {
    const { digest } = await composeRequest(ports(), card, WISH);
    const promise = { ok: true, index: 3, at: NOON, digest: toBase64url(digest) };
    expect(await sent(answering(201, promise))).toEqual({ index: 3, at: NOON });
    expect(await sent(answering(201, { ...promise, digest: toBase64url(new Uint8Array(32)) }))).toBe(
      "requester/unreadable-answer",
    );
    expect(await sent(answering(201, { ok: true }))).toBe("requester/unreadable-answer");
  });

  test("a refusal keeps its code", async () => {
    const refusal = (code: string) => ({ ok: false, error: { code, message: "no", hint: "" } });
    expect(await sent(answering(409, refusal("request/overlap")))).toBe("request/overlap");
    expect(await sent(answering(503, refusal("register/busy")))).toBe("requester/refused");
  });

  test("a page, silence, or a proxy's error is no answer", async () => {
    expect(await sent(answering(200, "<!doctype html>"))).toBe("requester/unreadable-answer");
    expect(await sent(answering(502, "{}"))).toBe("requester/unreadable-answer");
    expect(await sent(() => Promise.reject(new Error("ECONNREFUSED")))).toBe("requester/register-away");
  });
});

describe("an answer's proof", () => {
  let log: MemoryLog;
  let world: ShareWorld;
  let share: Uint8Array;
  let proof: BundledProof;
  let keys: RegisterKeys;
  let bundle: Uint8Array;

  beforeEach(async () => {
    world = await makeShareWorld(crypto);
    log = new MemoryLog(crypto, { origin: REGISTER });
    const { envelope, digest } = await composeRequest(ports(), world.card, WISH);
    book.take("request", NOON, envelope);
    const extra = { ...WISH, area: { ...WISH.area, latitude: WISH.area.latitude + 50_000 } };
    book.take("request", NOON, (await composeRequest(ports(), world.card, extra)).envelope);
    log.grow(book.leaves);
    await log.publish(NOON);
    keys = {
      logKey: encodeVerifierKey(log.log.key),
      witnesses: log.witnesses.map(({ key }) => encodeVerifierKey(key)),
      quorum: 2,
    };
    const followed = await followAsRequester(crypto, log.policy, null, log, signer.publicKey, NOON);
    const own = ownRequest(ownRequests(crypto, followed.memory, signer.publicKey), digest);
    const inclusion = await proveInclusion(crypto, followed, log, own.index);
    proof = { keys, leaf: own.leaf, inclusion };
    share = buildShare(await world.honestParts(undefined, { request: digest }));
    bundle = makeProofBundle(share, proof);
  });

  const verdictOf = (bytes: Uint8Array, trusted: RegisterKeys | null = keys) =>
    verifyProofBundle(crypto, bytes, trusted).verdict;
  const withFile = (name: string, change: (content: Uint8Array) => Uint8Array): Uint8Array => {
    const files = readTar(bundle) ?? [];
    return writeTar(
      files.map((file): TarFile => (file.name === name ? { name, content: change(file.content) } : file)),
    );
  };

  test("holds for anyone, offline, and tells what was asked", () => {
    const verdict = verifyProofBundle(crypto, bundle, keys);
    expect(verdict).toMatchObject({
      verdict: "ok",
      text: "ok: entry 3 of 5, 3 witnesses, fragments 4-8, sound 4-8",
      index: 3,
      at: NOON,
      request: { caseNumber: WISH.caseNumber, agency: AGENCY },
    });
    expect(verdictOf(bundle, null)).toBe("ok");
  });

  test("holds neither picture nor sound nor a key", async () => {
    const { grant, fragments } = await world.honestParts();
    const text = Buffer.from(bundle).toString("latin1");
    for (const secret of [grant, ...fragments.map(({ ciphertext }) => ciphertext)]) {
      expect(text.includes(Buffer.from(secret.subarray(0, 24)).toString("latin1"))).toBe(false);
    }
    const control = Buffer.from(share).toString("latin1");
    expect(control.includes(Buffer.from((fragments[0]?.ciphertext ?? share).subarray(0, 24)).toString("latin1"))).toBe(
      true,
    );
  });

  test.each([
    [
      "the leaf, by one character",
      "request.json",
      (leaf: Uint8Array) => utf8(fromUtf8(leaf).replace(/"at":\d/, '"at":2')),
      "log",
    ],
    [
      "the proof's index",
      "request.tlog-proof",
      (file: Uint8Array) => utf8(fromUtf8(file).replace("index 3", "index 2")),
      "log",
    ],
    ["the manifest for another clip's", "manifest.json", () => world.otherClip.manifestEnvelope, "release-signature"],
    ["the register's keys by nothing", "register.json", () => new Uint8Array(), "shape"],
    ["the leaf data by fewer", "leaves.bin", (file: Uint8Array) => file.subarray(0, 0), "leaf-path"],
  ] as const)("falls with %s replaced", (_what, name, change, failure) => {
    expect(verdictOf(withFile(name, change))).toBe(failure);
  });

  test("falls for a release that answers another request, or is for somebody else", async () => {
    const other = { request: new Uint8Array(32).fill(9) };
    expect(verdictOf(makeProofBundle(buildShare(await world.honestParts(undefined, other)), proof))).toBe("binding");
    const none = buildShare(await world.honestParts());
    expect(requestOfShare(crypto, none)).toBeNull();
    expect(verdictOf(makeProofBundle(none, proof))).toBe("binding");
    const request = requestOfShare(crypto, share);
    const elsewhere = { request, recipient: checkCard(crypto, card).digest };
    expect(verdictOf(makeProofBundle(buildShare(await world.honestParts(undefined, elsewhere)), proof))).toBe(
      "binding",
    );
  });

  test("falls for a request whose own signature is wrong, though it stands in the log", async () => {
    const forged = await sample.sign(
      requestStatement,
      await sample.requestPayload({ card: embedCard(world.card) }),
      "thief",
    );
    const leaf = encodeLeaf("request", NOON, forged);
    log.grow([leaf]);
    await log.publish(NOON);
    const followed = await followAsRequester(crypto, log.policy, null, log, signer.publicKey, NOON);
    const inclusion = await proveInclusion(crypto, followed, log, 5);
    expect(verdictOf(makeProofBundle(share, { keys, leaf, inclusion }))).toBe("request");
  });

  test("falls by the keys of whoever checks, when they are not the bundle's", () => {
    const other = new MemoryLog(crypto, { origin: REGISTER });
    const stranger = { ...keys, logKey: encodeVerifierKey({ ...other.log.key, name: "other.example" }) };
    expect(verdictOf(bundle, stranger)).toBe("log");
    expect(verdictOf(bundle, { ...keys, quorum: 3 })).toBe("ok");
  });

  test.each([0, 1, 511, 512, 1_000])("is a bundle whole or not at all: cut after %i bytes", (length) => {
    expect(verdictOf(bundle.subarray(0, length))).toBe("shape");
  });

  test("one bit changed anywhere is never ok with another meaning", () => {
    for (let at = 0; at < bundle.length; at += 97) {
      const damaged = bundle.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const verdict = verifyProofBundle(crypto, damaged, keys);
      if (verdict.verdict === "ok") expect(readTar(damaged)?.[0]?.name).toBe("register.json");
      else expect(verdict.text).toContain(verdict.verdict);
    }
  });
});

test("a rule book that is far behind its requester's clock still judges by the log's time", async () => {
  const late = await sample.book();
  late.take("request", NOON + 1_000, await sample.request({ window: { start: NOON - 90_000, end: NOON - 86_400 } }));
  const early = { crypto, signer, book: late.book, nowSeconds: NOON };
  expect(late.book).toBeInstanceOf(RuleBook);
  expect((await composeRequest(early, card, WISH)).kind).toBe("request");
});

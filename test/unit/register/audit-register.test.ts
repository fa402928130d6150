import { beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { utf8 } from "../../../src/protocol/bytes.ts";
import type { EntryKind } from "../../../src/protocol/register/leaf.ts";
import { embedCard } from "../../../src/protocol/register/statements/request.ts";
import { type AuditOptions, type AuditReport, auditRegister } from "../../../src/register/audit-register.ts";
import { DishonestRegister, sourceOf } from "../../fakes/dishonest-register.ts";
import { NOON, REGISTER, SampleRegister } from "../protocol/register/sample-register.ts";

const sample = new SampleRegister(crypto);
const DAY = 86_400;
let log: DishonestRegister;
beforeEach(async () => {
  log = new DishonestRegister(crypto, REGISTER);
  log.put("register", NOON - 1_000, await sample.register());
  log.put("rules", NOON - 1_000, await sample.rules());
  log.put("accreditation", NOON - 1_000, await sample.accreditation());
});

const audit = async (options: Partial<AuditOptions> = {}, leaves = log.leaves): Promise<AuditReport> =>
  auditRegister(crypto, sourceOf(await log.files(leaves)), log.policy, { nowSeconds: NOON + 30 * DAY, ...options });

const found = ({ violations }: AuditReport): string[] => violations.map(({ index, code }) => `${index} ${code}`);

test("an honest log has nothing, and its leaves are counted", async () => {
  log.put("request", NOON, await sample.request());
  const report = await audit();
  expect(found(report)).toEqual([]);
  expect(report.leaves).toMatchObject({ register: 1, rules: 1, accreditation: 1, request: 1 });
  expect(report).toMatchObject({ size: 4, lastAt: NOON, violationCount: 0 });
});

describe("each rule that a register lets pass is named, with its leaf", () => {
  const area = { latitude: 2_612_240, longitude: -8_013_730, radius: 300 };
  const window = { start: NOON - 36_000, end: NOON - 28_800 };
  const cases: readonly (readonly [code: string, kind: EntryKind, make: () => Promise<Uint8Array>])[] = [
    ["request/other-register", "request", () => sample.request({ register: "other.example" })],
    ["request/unaccredited", "request", () => sample.request({}, "stranger")],
    ["request/agency", "request", () => sample.request({ agency: "Village Police" })],
    ["request/radius", "request", () => sample.request({ area: { ...area, radius: 651 } })],
    ["request/window-quarter", "request", () => sample.request({ window: { ...window, start: window.start + 60 } })],
    [
      "request/window-length",
      "request",
      () => sample.request({ window: { ...window, start: window.end - 43_200 - 900 } }),
    ],
    ["request/window-future", "request", () => sample.request({ window: { start: NOON, end: NOON + 900 } })],
    ["request/expired", "request", () => sample.request({ expires: NOON })],
    ["request/expiry", "request", () => sample.request({ expires: NOON + 14 * DAY + 1 })],
    ["request/text-form", "request", () => sample.request({ text: "a\tb" })],
    ["request/text-length", "request", () => sample.request({ text: "x".repeat(281) })],
    ["request/pressing-words", "request", () => sample.request({ text: "This is your last warning." })],
    ["request/extends", "request", () => sample.request({ extends: new Uint8Array(32) })],
    ["request/signature", "request", () => sample.request({}, "thief", "officer")],
    ["request/card", "request", async () => sample.request({ card: embedCard(await sample.card("thief")) })],
    ["request/no-such-request", "outcome", () => sample.outcome({ request: new Uint8Array(32) })],
    ["register-leaf/operator", "rules", () => sample.rules({}, [], "officer")],
    ["register-leaf/operator", "accreditation", () => sample.accreditation("friend", "Town", "friend")],
    ["register-leaf/operator", "accreditation-revocation", () => sample.revocation("officer", "thief")],
    ["register-leaf/unknown-requester", "accreditation-revocation", () => sample.revocation("stranger")],
  ];
  test.each(cases)("%s in a %s", async (code, kind, make) => {
    log.put("request", NOON - 10, await sample.request({ area: { ...area, latitude: 0 } }));
    log.put(kind, NOON, await make());
    expect(found(await audit())).toEqual([`4 ${code}`]);
  });

  test("a sixth request of a day, a repetition, an overlap, and nothing else", async () => {
    const place = (i: number) => ({ area: { ...area, latitude: i * 100_000 } });
    for (let i = 0; i < 5; i += 1) log.put("request", NOON, await sample.request(place(i)));
    log.put("request", NOON, await sample.request(place(5)));
    log.put("request", NOON + DAY - 43_200, await sample.request({ ...place(6), expires: NOON + 2 * DAY }));
    log.put("request", NOON + DAY - 43_200, await sample.request({ ...place(6), expires: NOON + 2 * DAY }));
    log.put("request", NOON + DAY - 43_200, await sample.request({ ...place(6), caseNumber: "8" }));
    expect(found(await audit())).toEqual(["8 request/daily-limit", "10 request/replayed", "11 request/overlap"]);
  });

  test("a request after a revocation, and one before there were rules", async () => {
    log.put("accreditation-revocation", NOON, await sample.revocation());
    log.put("request", NOON, await sample.request());
    expect(found(await audit())).toEqual(["4 request/revoked"]);
    const [register, , accreditation] = log.leaves;
    const early = new DishonestRegister(crypto, REGISTER);
    for (const leaf of [register, accreditation]) early.putBytes(leaf ?? new Uint8Array());
    early.put("request", NOON, await sample.request());
    expect(found(await audit({}, early.leaves))).toEqual(["2 request/no-rules"]);
  });

  test("outcomes beyond the last", async () => {
    const request = await sample.request();
    log.put("request", NOON, request);
    const digest = sample.digestOf("request", request);
    log.put("outcome", NOON, await sample.outcome({ request: digest, outcome: "deleted-on" }));
    log.put("outcome", NOON, await sample.outcome({ request: digest }));
    log.put("outcome", NOON, await sample.outcome({ request: digest, outcome: "deleted-on", day: 99_999 }));
    expect(found(await audit())).toEqual(["5 request/outcome-closed", "6 request/outcome-closed"]);
  });

  test("a leaf that is none", async () => {
    log.putBytes(utf8('{"at":1}'));
    log.putBytes(utf8("not JSON"));
    log.putBytes(new Uint8Array(20_000));
    expect(found(await audit())).toEqual(["3 register-leaf/shape", "4 register-leaf/shape", "5 register-leaf/shape"]);
  });

  test("a log that does not begin with the register", async () => {
    expect(found(await audit({}, log.leaves.slice(1)))).toEqual(["0 register-leaf/first", "1 register-leaf/first"]);
  });
});

describe("what happened to the log as a whole", () => {
  beforeEach(async () => {
    for (let i = 0; i < 4; i += 1) {
      log.put(
        "request",
        NOON + i * DAY,
        await sample.request({ caseNumber: String(i), expires: NOON + (i + 2) * DAY }),
      );
    }
  });
  const first = (leaves: readonly Uint8Array[], count: number) => leaves.slice(0, count);

  test("nothing (control)", async () => {
    expect(found(await audit({ since: await log.cosigned(NOON + DAY + 60, first(log.leaves, 5)) }))).toEqual([]);
  });

  test("rewritten: an earlier leaf is another", async () => {
    const rewritten = [...log.leaves];
    const other = new DishonestRegister(crypto, REGISTER);
    other.put("request", NOON, await sample.request({ caseNumber: "rewritten" }));
    rewritten[3] = other.leaves[0] ?? new Uint8Array();
    const report = await audit({ since: await log.checkpoint(first(log.leaves, 5)) }, rewritten);
    expect(found(report)).toEqual(["null log/forked"]);
    expect(report.evidence?.older).toEqual(await log.checkpoint(first(log.leaves, 5)));
    expect(report.evidence?.newer).toEqual(await log.checkpoint(rewritten));
  });

  test("forked: two trees of one size", async () => {
    const other = [
      ...first(log.leaves, 6),
      ...log.leaves.slice(6).map((leaf) => leaf.map((byte, i) => (i === 9 ? 0x31 : byte))),
    ];
    expect(found(await audit({ since: await log.checkpoint(other) }))).toContain("null log/forked");
  });

  test("truncated: entries were cut off", async () => {
    expect(found(await audit({ since: await log.checkpoint() }, first(log.leaves, 5)))).toEqual(["null log/shrunk"]);
  });

  test("re-ordered: times fall, and against an earlier checkpoint it is a fork", async () => {
    const [a, b, c, d, e, f, g] = log.leaves as [Uint8Array, ...Uint8Array[]];
    const reordered = [a, b, c, e, d, f, g].filter((leaf) => leaf !== undefined);
    expect(found(await audit({}, reordered))).toEqual(["4 register-leaf/back-dated"]);
    expect(found(await audit({ since: await log.checkpoint(first(log.leaves, 5)) }, reordered))).toContain(
      "null log/forked",
    );
  });

  test("back-dated: a leaf after a witnessed checkpoint says that it was before", async () => {
    const seen = await log.cosigned(NOON + 5 * DAY);
    log.put("request", NOON + 4 * DAY, await sample.request({ caseNumber: "late", expires: NOON + 9 * DAY }));
    expect(found(await audit({ since: seen }))).toEqual(["7 register-leaf/back-dated"]);
    expect(found(await audit())).toEqual([]); // control: from the log alone it cannot be seen
  });

  test("dated ahead: a leaf is later than now, or than the witness saw it", async () => {
    expect(found(await audit({ nowSeconds: NOON + 3 * DAY - 301 }))).toEqual(["6 register-leaf/future"]);
    expect(found(await audit({ nowSeconds: NOON + 3 * DAY - 300 }))).toEqual([]);
    const files = await log.files();
    files.set("checkpoint", await log.cosigned(NOON + 2 * DAY));
    const report = await auditRegister(crypto, sourceOf(files), log.policy, { nowSeconds: NOON + 30 * DAY });
    expect(found(report)).toEqual(["6 register-leaf/future"]);
  });

  test.each(["tile/entries/000.p/7", "tile/0/000.p/7"])("damaged: a byte of %s", async (path) => {
    const files = await log.files();
    const bytes = files.get(path) ?? new Uint8Array();
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    const report = await auditRegister(crypto, sourceOf(files), log.policy, { nowSeconds: NOON + 30 * DAY });
    expect(found(report)).toEqual(["0 log/damaged"]);
  });

  test("missing: a bundle is not there", async () => {
    const files = await log.files();
    files.delete("tile/entries/000.p/7");
    const report = await auditRegister(crypto, sourceOf(files), log.policy, { nowSeconds: NOON + 30 * DAY });
    expect(found(report)).toEqual(["0 log/missing"]);
  });

  test("unsigned, and signed by another key", async () => {
    const other = new DishonestRegister(crypto, "other.example");
    const report = await auditRegister(crypto, sourceOf(await log.files()), other.policy, { nowSeconds: NOON });
    expect(found(report)).toEqual(["null log/other-origin"]);
    const files = await log.files();
    const text = Buffer.from(files.get("checkpoint") ?? []).toString("utf8");
    files.set("checkpoint", utf8(text.replace("\n7\n", "\n6\n")));
    expect(found(await auditRegister(crypto, sourceOf(files), log.policy, { nowSeconds: NOON }))).toEqual([
      "null log/unsigned",
    ]);
  });

  test("unwitnessed, where a quorum is asked for", async () => {
    const policy = { ...log.policy, quorum: 1 };
    const files = await log.files();
    const options = { nowSeconds: NOON + 30 * DAY };
    expect(found(await auditRegister(crypto, sourceOf(files), policy, options))).toEqual(["null log/unwitnessed"]);
    files.set("checkpoint", await log.cosigned(NOON + 4 * DAY));
    expect(found(await auditRegister(crypto, sourceOf(files), policy, options))).toEqual([]);
  });

  test("a mirror that cannot be reached is no violation but an error", async () => {
    const broken = { get: () => Promise.reject(new Error("no route")) };
    await expect(auditRegister(crypto, broken, log.policy, { nowSeconds: NOON })).rejects.toMatchObject({
      code: "log/unreachable",
    });
  });
});

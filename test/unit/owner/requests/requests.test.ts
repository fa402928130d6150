import { beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../../src/device/platform/node-crypto.ts";
import type { RegisterChoice } from "../../../../src/owner/owner-state.ts";
import { requestsFor } from "../../../../src/owner/requests/match.ts";
import { addRegister, originOf, STALE_AFTER_SECONDS } from "../../../../src/owner/requests/registers.ts";
import { type Synced, syncHome } from "../../../../src/owner/requests/sync.ts";
import { fromUtf8, toHex, utf8 } from "../../../../src/protocol/bytes.ts";
import { followRegister } from "../../../../src/protocol/register/follow-register.ts";
import { encodeLeaf } from "../../../../src/protocol/register/leaf.ts";
import { embedCard, type Request } from "../../../../src/protocol/register/statements/request.ts";
import { encodeVerifierKey } from "../../../../src/protocol/tlog/note.ts";
import type { TileSource } from "../../../../src/protocol/tlog/tiles.ts";
import { FilmedHome } from "../../../fakes/filmed-home.ts";
import { MemoryLog } from "../../../fakes/memory-log.ts";
import { NOON, REGISTER, type SampleBook, SampleRegister } from "../../protocol/register/sample-register.ts";

const sample = new SampleRegister(crypto);
const PLACE = { latitude: 2_612_240, longitude: -8_013_730 };
const ELSEWHERE = { latitude: 2_700_000, longitude: -8_013_730 };
const WINDOW = { start: NOON - 36_000, end: NOON - 28_800 };
const URL_OF_REGISTER = "https://register.example";

let home: FilmedHome;
let log: MemoryLog;
let book: SampleBook;
let written: number;

beforeEach(async () => {
  home = new FilmedHome(crypto);
  log = new MemoryLog(crypto, { origin: REGISTER });
  book = await sample.book();
  written = 0;
  home.copy = log;
  home.state = addRegister(home.state, choice());
  await home.film({ fromMs: (WINDOW.start - 3_600) * 1_000 });
  await home.film({ fromMs: (WINDOW.start + 60) * 1_000 });
  await publish();
});

const choice = (changes: Partial<RegisterChoice> = {}): RegisterChoice => ({
  logKey: encodeVerifierKey(log.log.key),
  witnesses: log.witnesses.map(({ key }) => encodeVerifierKey(key)),
  quorum: 2,
  url: null,
  ...changes,
});

async function publish(time = NOON): Promise<Uint8Array> {
  log.grow(book.leaves.slice(written));
  written = book.leaves.length;
  return log.publish(time);
}

async function ask(changes: Partial<Request> = {}, by = "officer", at = NOON): Promise<Uint8Array> {
  const envelope = await sample.request(changes, by);
  book.take("request", at, envelope);
  await publish();
  return sample.digestOf("request", envelope);
}

const sync = (nowSeconds = NOON, sources: Readonly<Record<string, TileSource>> = {}): Promise<Synced> =>
  syncHome({
    crypto,
    doorbell: home.doorbell,
    deviceKey: home.deviceKey,
    state: home.state,
    shelf: home.shelf,
    nowSeconds,
    openUrl: (url) => sources[url] ?? expect.fail(`nobody reads ${url}`),
  });

const found = async (place = PLACE, nowSeconds = NOON) =>
  requestsFor(crypto, await sync(nowSeconds), place, nowSeconds).map(({ digest, clips }) => ({
    digest: toHex(digest),
    clips: clips.map(({ clip }) => toHex(clip)),
  }));

const failureOf = (synced: Synced): string => {
  const [register] = synced.registers;
  return register?.outcome === "failed" ? register.error.code : "followed";
};

const clipIds = (): string[] => home.clips.map(({ id }) => toHex(id));

describe("requests around a home", () => {
  test("are found with the clips of their time", async () => {
    const digest = await ask();
    expect(await found()).toEqual([{ digest: toHex(digest), clips: [clipIds()[1]] }]);
  });

  test("are found also where no clip is from that time", async () => {
    const digest = await ask({ window: { start: WINDOW.start - 86_400, end: WINDOW.end - 86_400 } });
    expect(await found()).toEqual([{ digest: toHex(digest), clips: [] }]);
  });

  test("are not those of another place, nor those that have expired", async () => {
    await ask({ expires: NOON + 3_600 });
    expect(await found(ELSEWHERE)).toEqual([]);
    expect(await found(PLACE, NOON + 3_599)).toHaveLength(1);
    expect(await found(PLACE, NOON + 3_600)).toEqual([]);
  });

  test("keep themselves in memory and not the bundle that they came in, also where files are read as Buffers", async () => {
    await ask();
    const asBuffers: TileSource = { get: async (path) => Buffer.from((await log.get(path)) ?? []) };
    const { memory } = await followRegister(crypto, log.policy, null, asBuffers, { nowSeconds: NOON });
    expect(memory.leaves.map(({ bytes }) => bytes.buffer.byteLength - bytes.length)).toEqual([0]);
  });

  test("are shown once when prolonged, as the newest", async () => {
    const first = await ask({ expires: NOON + 3_600 });
    const second = await ask({ expires: NOON + 7_200, extends: first });
    expect((await found()).map(({ digest }) => digest)).toEqual([toHex(second)]);
  });

  test("are gone with the accreditation of the one who asked", async () => {
    await ask();
    expect(await found()).toHaveLength(1);
    book.take("accreditation-revocation", NOON, await sample.revocation());
    await publish();
    expect(await found()).toEqual([]);
  });

  test("of a clip that was cut short match by what is known of its time", async () => {
    home.clips.length = 0;
    const clip = await home.film({ fromMs: (WINDOW.start + 5) * 1_000, cut: true });
    await ask();
    expect((await found())[0]?.clips).toEqual([toHex(clip.id)]);
  });
});

describe("what a register let in against its rules", () => {
  const smuggle = async (envelope: Uint8Array, at = NOON): Promise<void> => {
    log.grow([encodeLeaf("request", at, envelope)]);
    await log.publish(NOON);
  };
  const cases: readonly (readonly [what: string, make: () => Promise<Uint8Array>])[] = [
    ["too large a circle", () => sample.request({ area: { ...PLACE, radius: 651 } })],
    ["a window that is too long", () => sample.request({ window: { start: WINDOW.start - 86_400, end: WINDOW.end } })],
    ["pressure in the text", () => sample.request({ text: "You must send your film." })],
    ["a requester without accreditation", () => sample.request({}, "stranger")],
    ["a request for another register", () => sample.request({ register: "other.example/requests" })],
    ["an expiry too far away", () => sample.request({ expires: NOON + 15 * 86_400 })],
  ];
  test.each(cases)("is not shown, and counted against it: %s", async (_what, make) => {
    await smuggle(await make());
    const synced = await sync();
    expect(requestsFor(crypto, synced, PLACE, NOON)).toEqual([]);
    const [register] = synced.registers;
    expect(register?.outcome === "followed" && register.followed.memory.faults.count).toBe(1);
  });

  test("is not shown when a signature is wrong, though the rules hold", async () => {
    await smuggle(await sample.request({}, "thief", "officer"));
    expect(await found()).toEqual([]);
    await smuggle(await sample.request({ card: embedCard(await sample.card("thief")), caseNumber: "2" }));
    expect(await found()).toEqual([]);
  });

  test("leaves other requests as they are", async () => {
    const envelope = await sample.request();
    log.grow([utf8("no leaf at all")]);
    await smuggle(envelope);
    const elsewhere = await sample.request({ area: { ...ELSEWHERE, radius: 300 } });
    await smuggle(elsewhere, NOON + 86_400);
    expect((await found()).map(({ digest }) => digest)).toEqual([toHex(sample.digestOf("request", envelope))]);
    const [register] = (await sync()).registers;
    expect(register?.outcome === "followed" && register.followed.memory.faults).toEqual({
      count: 2,
      last: [
        { index: 3, code: "register-leaf/shape" },
        { index: 5, code: "register-leaf/future" },
      ],
    });
  });
});

describe("a leaf that is ahead of this clock", () => {
  test("is not shown before its time, and then it is", async () => {
    const digest = await ask({}, "officer", NOON + 3_600);
    expect(await found(PLACE, NOON + 2_999)).toEqual([]);
    expect(await found(PLACE, NOON + 3_000)).toEqual([{ digest: toHex(digest), clips: [clipIds()[1]] }]);
  });

  test("counts as it does for everybody, so that a clock that was slow once hides nobody's request for ever", async () => {
    expect(await found(PLACE, NOON - 86_400)).toEqual([]);
    const digest = await ask();
    expect((await found()).map((one) => one.digest)).toEqual([toHex(digest)]);
  });

  test("makes one that says it was earlier back-dated, as it does for an auditor", async () => {
    await ask({ area: { ...ELSEWHERE, radius: 300 } }, "officer", NOON + 3_600);
    log.grow([encodeLeaf("request", NOON, await sample.request())]);
    await log.publish(NOON);
    expect(await found()).toEqual([]);
  });
});

describe("a register whose log does not hold is named, and nothing of it is shown", () => {
  beforeEach(async () => {
    await ask();
    expect(await found()).toHaveLength(1);
  });
  const expectNothing = async (code: string, synced: Synced): Promise<void> => {
    expect(failureOf(synced)).toBe(code);
    expect(requestsFor(crypto, synced, PLACE, NOON)).toEqual([]);
    expect(synced.clips, "clips are looked at as ever").toHaveLength(2);
  };

  test("a log that rewrote its past, with both checkpoints as evidence", async () => {
    const other = await sample.book();
    other.take("request", NOON, await sample.request({ caseNumber: "another" }));
    const forked = new MemoryLog(crypto, { origin: REGISTER });
    forked.grow(other.leaves);
    await forked.publish(NOON);
    const seen = log.files.get("checkpoint");
    home.copy = forked;
    const synced = await sync();
    await expectNothing("log/forked", synced);
    const [register] = synced.registers;
    expect(register?.outcome === "failed" && register.error.evidence).toEqual({
      older: seen,
      newer: forked.files.get("checkpoint"),
    });
  });

  test("a log that shows the doorbell another tree than this app", async () => {
    home.state = addRegister(home.state, choice({ url: URL_OF_REGISTER }));
    const sources = { [URL_OF_REGISTER]: log };
    expect(failureOf(await sync(NOON, sources))).toBe("followed");
    const forked = new MemoryLog(crypto, { origin: REGISTER });
    const other = await sample.book();
    other.take("request", NOON, await sample.request({ caseNumber: "another" }));
    forked.grow(other.leaves);
    await forked.publish(NOON);
    home.copy = forked;
    await expectNothing("log/forked", await sync(NOON, sources));
    forked.grow([utf8("one more")]);
    await forked.publish(NOON);
    await expectNothing("log/forked", await sync(NOON, sources));
  });

  test("a log that lost entries", async () => {
    const shorter = new MemoryLog(crypto, { origin: REGISTER });
    shorter.grow(book.leaves.slice(0, 2));
    await shorter.publish(NOON);
    home.copy = shorter;
    await expectNothing("log/shrunk", await sync());
  });

  test("a checkpoint with too few witnesses", async () => {
    await log.publish(NOON, log.witnesses.slice(0, 1));
    await expectNothing("log/unwitnessed", await sync());
  });

  test("a checkpoint that is too old", async () => {
    const late = NOON + STALE_AFTER_SECONDS + 1;
    const synced = await sync(late);
    expect(failureOf(synced)).toBe("log/stale");
    expect(requestsFor(crypto, synced, PLACE, late)).toEqual([]);
  });

  test("one that is signed by another key", async () => {
    const other = new MemoryLog(crypto, { origin: REGISTER });
    home.state = addRegister(home.state, {
      ...choice(),
      logKey: encodeVerifierKey({ ...other.log.key, ...sampleKey("thief") }),
    });
    expect(failureOf(await sync())).toBe("log/unsigned");
  });

  test("one of which the doorbell has no copy, or that cannot be reached", async () => {
    home.copy = { get: () => Promise.resolve(null) };
    await expectNothing("log/missing", await sync());
    home.copy = { get: () => Promise.reject(new Error("no network")) };
    await expectNothing("log/unreachable", await sync());
  });

  test("one that serves garbage", async () => {
    log.files.set("checkpoint", utf8("<!doctype html>"));
    await expectNothing("log/malformed", await sync());
  });

  test("one that never answers holds no other up, and comes in its place", async () => {
    const others = [1, 2].map((seed) => new MemoryLog(crypto, { origin: `other.example/${seed}` }));
    for (const other of others) {
      await other.publish(NOON);
      const keys = { logKey: encodeVerifierKey(other.log.key), url: `https://${other.log.key.name}` };
      home.state = addRegister(home.state, choice(keys));
    }
    home.state = addRegister(home.state, choice({ url: URL_OF_REGISTER }));
    home.copy = { get: () => Promise.resolve(null) };
    let giveUp = (): void => {};
    const silent = new Promise<never>((_, reject) => {
      giveUp = () => reject(new Error("too late"));
    });
    const [first, second] = others;
    const synced = sync(NOON, {
      "https://other.example/1": { get: () => silent },
      "https://other.example/2": second ?? expect.fail(),
      [URL_OF_REGISTER]: log,
    });
    const saved = (): number => [...home.shelfFiles.keys()].filter((name) => name.startsWith("register-")).length;
    await expect.poll(saved).toBe(2);
    giveUp();
    const { registers } = await synced;
    expect(registers.map(({ register, outcome }) => [originOf(register), outcome])).toEqual([
      [first?.log.key.name, "failed"],
      [second?.log.key.name, "followed"],
      [REGISTER, "followed"],
    ]);
  });

  test("and when it holds again, all is as it was", async () => {
    const checkpoint = log.files.get("checkpoint");
    await log.publish(NOON, []);
    expect(failureOf(await sync())).toBe("log/unwitnessed");
    if (checkpoint !== undefined) log.files.set("checkpoint", checkpoint);
    expect(await found()).toHaveLength(1);
  });

  test("and a memory of it that cannot be read is made anew from the log", async () => {
    const [name = ""] = [...home.shelfFiles.keys()].filter((key) => key.startsWith("register-"));
    const saved = fromUtf8(home.shelfFiles.get(name) ?? new Uint8Array());
    const damaged = saved.replace('"revoked":false', '"revoked":0');
    expect(damaged).not.toBe(saved);
    home.shelfFiles.set(name, utf8(damaged));
    expect(await found()).toHaveLength(1);
    expect(fromUtf8(home.shelfFiles.get(name) ?? new Uint8Array())).toBe(saved);
  });
});

describe("silence", () => {
  const shelf = () => Object.fromEntries(home.shelfFiles);
  const everything = () => ({ asked: [...home.asked], shelf: shelf() });

  test("what is asked of doorbell and register is the same whether a request concerns the home, or there is no clip of it", async () => {
    const worlds = await Promise.all(
      [
        { area: { ...PLACE, radius: 300 } },
        { area: { ...ELSEWHERE, radius: 300 } },
        { window: { start: WINDOW.start - 86_400, end: WINDOW.end - 86_400 } },
      ].map(async (changes) => {
        const before = home.asked.length;
        const own = new MemoryLog(crypto, { origin: REGISTER });
        const ownBook = await sample.book();
        ownBook.take("request", NOON, await sample.request(changes));
        own.grow(ownBook.leaves);
        await own.publish(NOON);
        return { own, before };
      }),
    );
    const seen: string[][] = [];
    for (const { own } of worlds) {
      home.shelfFiles.clear();
      home.asked.length = 0;
      home.copy = own;
      requestsFor(crypto, await sync(), PLACE, NOON);
      seen.push([...home.asked]);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[0]?.filter((op) => op.startsWith("head"))).toHaveLength(2);
  });

  test("looking leaves the same as fetching, once and again", async () => {
    await ask();
    await sync();
    const fetched = everything();
    home.shelfFiles.clear();
    home.asked.length = 0;
    const looked = requestsFor(crypto, await sync(), PLACE, NOON);
    expect(looked).toHaveLength(1);
    expect(everything()).toEqual(fetched);
    await sync();
    expect(shelf()).toEqual(fetched.shelf);
  });

  test("where the home stands is on no shelf, and changes nothing there", async () => {
    await ask();
    await sync();
    const before = everything().shelf;
    home.state = { ...home.state, place: PLACE };
    home.shelfFiles.clear();
    await sync();
    expect(everything().shelf).toEqual(before);
    for (const bytes of Object.values(before)) {
      expect(new TextDecoder().decode(bytes)).not.toContain(String(PLACE.longitude + 1));
    }
  });
});

describe("the clip index", () => {
  test("looks at each clip once, and forgets what the doorbell no longer has", async () => {
    await sync();
    home.asked.length = 0;
    await sync();
    expect(home.asked.filter((op) => op.startsWith("head"))).toEqual([]);
    const [gone] = home.clips.splice(0, 1);
    await sync();
    const kept = new TextDecoder().decode(home.shelfFiles.get("clip-index"));
    expect(kept).not.toContain(toHex(gone?.id ?? new Uint8Array()));
    expect(kept).toContain(clipIds()[0]);
  });

  test("says of a clip that is not sealed for this owner only that", async () => {
    home.state = { ...home.state, pinnedSeeds: {} };
    const { clips } = await sync();
    expect(clips.map(({ unknown }) => unknown)).toEqual(["no-key", "no-key"]);
  });
});

function sampleKey(name: string) {
  const { publicKey } = sample.signer(name);
  const id = crypto.sha256(utf8(`${REGISTER}\n`), Uint8Array.of(1), publicKey);
  return { publicKey, id: new DataView(id.buffer, id.byteOffset).getUint32(0) };
}

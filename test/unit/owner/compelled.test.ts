import { beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { type IndexedClip, readClipIndex } from "../../../src/owner/clip-index.ts";
import { openClipSeed } from "../../../src/owner/clip-seed.ts";
import { clipsOfOrder, type OrderedRange, planOrderedClip } from "../../../src/owner/compelled.ts";
import { addHold, isHeld, keepAfterHolds, releasedBy, removeHold } from "../../../src/owner/holds.ts";
import { makeConsent } from "../../../src/owner/make-consent.ts";
import { openClip } from "../../../src/owner/open-clip.ts";
import { type FragmentSpan, timesOf } from "../../../src/owner/plan-share.ts";
import { verifyClip } from "../../../src/owner/verify-clip.ts";
import { fromHex, toHex } from "../../../src/protocol/bytes.ts";
import { LANES, LaneRatchet } from "../../../src/protocol/clip-keys.ts";
import { readStatement, seedSigner } from "../../../src/protocol/envelope.ts";
import { type GrantEntry, makeGrant } from "../../../src/protocol/grant.ts";
import { consentStatement } from "../../../src/protocol/statements/consent.ts";
import { checkCard, createCard, type RecipientSecrets, recipientBoxKey } from "../../../src/recipient/card.ts";
import { FilmedHome } from "../../fakes/filmed-home.ts";
import { obtainableFragments } from "../../fakes/obtainable-keys.ts";
import type { SealedClip } from "../../fakes/sealed-clip.ts";

const SIX = 1_767_290_400_000; // 2026-01-01T18:00:00Z
const HOUR = 3_600_000;
const TWO_HOURS: OrderedRange = { fromMs: SIX, toMs: SIX + 2 * HOUR };
const signer = seedSigner(crypto, new Uint8Array(32).fill(2));

let home: FilmedHome;
let card: Uint8Array;
let secrets: RecipientSecrets;

beforeEach(async () => {
  home = new FilmedHome(crypto);
  ({ card, secrets } = await createCard(crypto, { name: "District Court", url: "mqtt://127.0.0.1:1", ca: null }));
  const seconds = 6;
  await home.film({ fromMs: SIX - HOUR, seconds }); // 0: before
  await home.film({ fromMs: SIX - 2_500, seconds }); // 1: runs into it
  await home.film({ fromMs: SIX + HOUR, seconds }); // 2: inside
  await home.film({ fromMs: SIX + 2 * HOUR - 3_200, seconds }); // 3: runs out of it
  await home.film({ fromMs: SIX + 2 * HOUR, seconds }); // 4: begins with its end
});

const index = (): Promise<IndexedClip[]> =>
  readClipIndex({
    crypto,
    doorbell: home.doorbell,
    deviceKey: home.deviceKey,
    state: home.state,
    shelf: home.shelf,
  });

/** The consents of an order, as the command makes them. */
async function exportOf(
  range: OrderedRange,
  sound: boolean,
): Promise<{ clip: string; grant: Uint8Array; consent: Uint8Array }[]> {
  const made: { clip: string; grant: Uint8Array; consent: Uint8Array }[] = [];
  for (const clip of clipsOfOrder(await index(), range).inside) {
    const verified = verifyClip(crypto, home.deviceKey, clip.clip, await home.doorbell.head(clip.clip));
    const seed = openClipSeed(crypto, home.state, verified);
    const opened = await openClip({ crypto, source: home.doorbell, clip: verified, seed });
    const plan = planOrderedClip(timesOf(opened), clip, range, sound);
    if (plan === null) continue;
    const { submission } = await makeConsent(crypto, signer, {
      deviceKey: home.deviceKey,
      householdState: 1,
      clip: verified,
      seed,
      lanes: plan.lanes,
      card,
      purpose: "Order 12/34",
      basis: "compelled",
      challenge: new Uint8Array(16),
      expires: 2_000_000_000,
      facts: null,
    });
    made.push({ clip: toHex(clip.clip), grant: submission.grant, consent: submission.consent });
  }
  return made;
}

const idOf = (n: number): string => toHex(home.clips[n]?.id ?? new Uint8Array());
const fragments = (n: number, lane: number, first: number, end: number): string[] =>
  [0, ...Array.from({ length: end - first }, (_, i) => first + i)].map((at) => `${idOf(n)} ${lane}/${at}`);
const sorted = (texts: readonly string[]): string[] => texts.toSorted((a, b) => (a < b ? -1 : 1));
const obtainable = (grants: readonly Uint8Array[]): string[] =>
  obtainableFragments(crypto, grants, recipientBoxKey(crypto, secrets), home.clips);

/** Seconds 3 to 5 of the second clip, all of the third, seconds 0 to 2 of the fourth. */
const pictures = (lane: number): string[] => [
  ...fragments(1, lane, 4, 7),
  ...fragments(2, lane, 1, 7),
  ...fragments(3, lane, 1, 4),
];

describe("two hours of one camera", () => {
  test("give exactly the keys of the fragments wholly inside, and of the init segments, and not one more", async () => {
    const exported = await exportOf(TWO_HOURS, false);
    expect(obtainable(exported.map(({ grant }) => grant))).toEqual(sorted(pictures(LANES.video)));
  });

  test("with the sound, those of the sound beside the picture", async () => {
    const exported = await exportOf(TWO_HOURS, true);
    expect(obtainable(exported.map(({ grant }) => grant))).toEqual(
      sorted([...pictures(LANES.video), ...pictures(LANES.audio)]),
    );
  });

  test("are one consent for each clip, which says that it was compelled", async () => {
    const exported = await exportOf(TWO_HOURS, false);
    expect(exported.map(({ clip }) => clip)).toEqual([idOf(1), idOf(2), idOf(3)]);
    for (const { consent } of exported) {
      expect(readStatement(crypto, consentStatement, consent).payload).toMatchObject({
        basis: "compelled",
        request: null,
      });
    }
  });

  test("that nobody filmed give nothing", async () => {
    expect(await exportOf({ fromMs: SIX + 5 * HOUR, toMs: SIX + 7 * HOUR }, true)).toEqual([]);
    expect(await exportOf({ fromMs: SIX + HOUR + 100, toMs: SIX + HOUR + 900 }, true), "no whole fragment").toEqual([]);
  });

  test("name the clips of those days that cannot be read", async () => {
    home.state = { ...home.state, pinnedSeeds: {} };
    const { inside, unknown } = clipsOfOrder(
      (await index()).map((clip) => ({ ...clip, day: Math.floor(SIX / 86_400_000) })),
      TWO_HOURS,
    );
    expect(inside).toEqual([]);
    expect(unknown).toHaveLength(5);
  });
});

describe("the search for obtainable keys notices", () => {
  const boxPublic = (): Uint8Array => checkCard(crypto, card).card.boxKey;
  const granting = (clip: SealedClip, key: Uint8Array, at = 3): Uint8Array =>
    makeGrant(crypto, clip.id, [{ lane: LANES.video, index: at, key } satisfies GrantEntry], boxPublic());
  const third = (): SealedClip => home.clips[2] ?? expect.fail("there is a third clip");

  test("a chain key in a fragment key's place, which opens all that follows", () => {
    let chain = crypto.hmac(third().seed, new TextEncoder().encode("lane"), Uint8Array.of(LANES.video));
    for (let i = 0; i < 3; i += 1) chain = crypto.hmac(chain, new TextEncoder().encode("next"));
    expect(obtainable([granting(third(), chain)])).toEqual(
      sorted([3, 4, 5, 6].map((at) => `${idOf(2)} ${LANES.video}/${at}`)),
    );
  });

  test("a seed, which opens every lane", () => {
    expect(obtainable([granting(third(), third().seed)])).toHaveLength(third().head.leaves.length);
  });

  test("one fragment key too many", () => {
    const ratchet = new LaneRatchet(crypto, third().seed, LANES.audio);
    expect(obtainable([granting(third(), ratchet.next().key)])).toEqual([`${idOf(2)} ${LANES.audio}/0`]);
  });

  test("nothing in a grant for somebody else", async () => {
    const other = await createCard(crypto, { name: "Other", url: "mqtt://127.0.0.1:1", ca: null });
    const boxKey = checkCard(crypto, other.card).card.boxKey;
    const grant = makeGrant(crypto, third().id, [{ lane: LANES.video, index: 0, key: third().seed }], boxKey);
    expect(obtainable([grant])).toEqual([]);
  });
});

describe("an order's range is not rounded outward", () => {
  const filmed = (fromMs: number, seconds: number): IndexedClip => ({
    clip: new Uint8Array(16),
    day: 0,
    pinned: false,
    times: {
      trigger: "ring",
      clock: "synced",
      fromMs,
      toMs: fromMs + seconds * 1_000,
      startMs: fromMs,
      durationMs: null,
    },
    unknown: null,
  });
  const spans = (seconds: number): FragmentSpan[] =>
    Array.from({ length: seconds }, (_, i) => ({ startMs: i * 1_000, endMs: (i + 1) * 1_000 }));
  test.each([
    ["from a millisecond into the first second", 1, 10_000, { first: 2, end: 11 }],
    ["to a millisecond before the last second's end", 0, 9_999, { first: 1, end: 10 }],
    ["of exactly one second", 3_000, 4_000, { first: 4, end: 5 }],
    ["of a millisecond less", 3_000, 3_999, null],
  ] as const)("%s", (_what, fromMs, toMs, range) => {
    const plan = planOrderedClip(
      { video: spans(10), audio: [] },
      filmed(SIX, 10),
      { fromMs: SIX + fromMs, toMs: SIX + toMs },
      false,
    );
    expect(plan?.lanes ?? null).toEqual(range === null ? null : [{ lane: LANES.video, ...range }]);
  });
});

describe("why a consent is given", () => {
  const consentFor = async (because: { basis: "own" | "voluntary" | "compelled"; request?: Uint8Array }) => {
    const [clip] = home.clips;
    if (clip === undefined) return expect.fail("there is a clip");
    const verified = verifyClip(crypto, home.deviceKey, clip.id, await home.doorbell.head(clip.id));
    const { submission } = await makeConsent(crypto, signer, {
      deviceKey: home.deviceKey,
      householdState: 1,
      clip: verified,
      seed: clip.seed,
      lanes: [{ lane: LANES.video, first: 1, end: 2 }],
      card,
      purpose: "",
      challenge: new Uint8Array(16),
      expires: 2_000_000_000,
      facts: null,
      ...because,
    });
    return readStatement(crypto, consentStatement, submission.consent).payload;
  };

  test("names the request exactly when it answers one", async () => {
    const request = new Uint8Array(32).fill(9);
    expect(await consentFor({ basis: "voluntary", request })).toMatchObject({ basis: "voluntary", request });
    expect(await consentFor({ basis: "compelled" })).toMatchObject({ basis: "compelled", request: null });
    await expect(consentFor({ basis: "voluntary" })).rejects.toMatchObject({ code: "json/shape" });
    await expect(consentFor({ basis: "own", request })).rejects.toMatchObject({ code: "json/shape" });
  });
});

describe("a hold", () => {
  const seed = new Uint8Array(32).fill(7);
  const [a, b] = [new Uint8Array(16).fill(0xa), new Uint8Array(16).fill(0xb)];
  const range = { fromMs: SIX, toMs: SIX + HOUR };

  test("keeps the seeds, which outlive the keys of their day", () => {
    const held = addHold(home.state, { name: "fence", ...range }, [{ clip: a, seed, wasPinned: false }]);
    expect(toHex(openClipSeed(crypto, held, { clip: a, wraps: [] }))).toBe(toHex(seed));
    expect(isHeld(held, a)).toBe(true);
    const after = removeHold(held, "fence", releasedBy(held, "fence").map(fromHex));
    expect(after.pinnedSeeds[toHex(a)]).toBeUndefined();
    expect(after.holds).toEqual([]);
  });

  test("lets go of nothing that was pinned before, that another hold keeps, or that is pinned later", () => {
    const both = [
      { clip: a, seed, wasPinned: true },
      { clip: b, seed, wasPinned: false },
    ];
    const first = addHold(home.state, { name: "one", ...range }, both);
    expect(releasedBy(first, "one")).toEqual([toHex(b)]);
    const second = addHold(first, { name: "two", ...range }, [{ clip: b, seed, wasPinned: true }]);
    expect(releasedBy(second, "one")).toEqual([]);
    const ended = removeHold(second, "one", []);
    expect(releasedBy(ended, "two")).toEqual([toHex(b)]);
    expect(releasedBy(keepAfterHolds(ended, b), "two")).toEqual([]);
  });
});

import { beforeAll, describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { dropSeed, keepSeed, openClipSeed } from "../../../src/owner/clip-seed.ts";
import { afterUpload, boxKeyOfDay, forgetDaysBefore, planDayKeys } from "../../../src/owner/day-keys.ts";
import { coSign, makeConsent, readWaitingConsent } from "../../../src/owner/make-consent.ts";
import { openClip, playableClip } from "../../../src/owner/open-clip.ts";
import { newOwnerState, type OwnerState } from "../../../src/owner/owner-state.ts";
import { planShare, timesOf } from "../../../src/owner/plan-share.ts";
import { type ClipHead, type ClipSource, verifyClip } from "../../../src/owner/verify-clip.ts";
import { MAX_FRAGMENT_BYTES } from "../../../src/protocol/clip-file.ts";
import { openStatement, readStatement, seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import { NO_FACTS, openFacts } from "../../../src/protocol/facts.ts";
import { boxes } from "../../../src/protocol/fmp4.ts";
import { sealFragment } from "../../../src/protocol/fragment.ts";
import { openGrant } from "../../../src/protocol/grant.ts";
import { clipKeyStatement } from "../../../src/protocol/statements/clip-key.ts";
import { consentStatement } from "../../../src/protocol/statements/consent.ts";
import { manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import { wrapSeed } from "../../../src/protocol/wrap.ts";
import { createCard } from "../../../src/recipient/card.ts";
import { type SealedClip, sealClip } from "../../fakes/sealed-clip.ts";

const DAY = 20_454;
const deviceSeed = new Uint8Array(32).fill(1);
const device = seedSigner(nodeCrypto, deviceSeed);
const owner = seedSigner(nodeCrypto, new Uint8Array(32).fill(2));
const isDamaged = expect.objectContaining({ code: "owner/clip-damaged" });

let sealed: SealedClip;
let head: ClipHead;
let state: OwnerState;

beforeAll(async () => {
  sealed = await sealClip(nodeCrypto, deviceSeed);
  const fresh = newOwnerState(nodeCrypto, DAY);
  state = { ...fresh, days: afterUpload(fresh.days, planDayKeys(nodeCrypto, fresh.days, DAY)) };
  const dayKey = boxKeyOfDay(nodeCrypto, state.days, DAY);
  if (dayKey === null) throw new Error("no key of the day");
  const strangers = wrapSeed(nodeCrypto, DAY, device.publicKey.slice(), sealed.seed);
  const wraps = [strangers, wrapSeed(nodeCrypto, DAY, dayKey.publicKey, sealed.seed)];
  head = { ...sealed.head, clip: sealed.id, wraps };
});

const verified = () => verifyClip(nodeCrypto, device.publicKey, sealed.id, head);
const source = (replace: Readonly<Record<string, Uint8Array | null>> = {}): ClipSource => ({
  head: () => Promise.resolve(head),
  fragments: (_clip, leaves) =>
    Promise.resolve(
      leaves.map(({ lane, index }) => {
        const place = `${lane}/${index}`;
        return place in replace ? (replace[place] ?? null) : sealed.ciphertext(lane, index);
      }),
    ),
});
const opened = (replace?: Parameters<typeof source>[0]) =>
  openClip({ crypto: nodeCrypto, source: source(replace), clip: verified(), seed: sealed.seed });

describe("a clip's head", () => {
  test("verifies under the doorbell that sealed it", () => {
    expect(verified().manifestDigest).toEqual(sealed.manifestDigest);
  });

  test("of a clip that is still open says so", () => {
    expect(() => verifyClip(nodeCrypto, device.publicKey, sealed.id, { ...head, manifest: null })).toThrow(
      expect.objectContaining({ code: "owner/clip-open" }),
    );
  });

  test("does not verify as another clip, or of another doorbell", () => {
    expect(() => verifyClip(nodeCrypto, device.publicKey, new Uint8Array(16), head)).toThrow(isDamaged);
    expect(() => verifyClip(nodeCrypto, owner.publicKey, sealed.id, head)).toThrow(isDamaged);
  });

  test.each([
    ["dropped", (leaves: ClipHead["leaves"]) => leaves.slice(1)],
    ["doubled", (leaves: ClipHead["leaves"]) => [...leaves.slice(0, 1), ...leaves]],
    ["swapped", ([a, b, ...rest]: ClipHead["leaves"]) => (a && b ? [b, a, ...rest] : [])],
    ["changed", ([a, ...rest]: ClipHead["leaves"]) => (a ? [{ ...a, length: a.length + 1 }, ...rest] : [])],
  ])("with a leaf %s does not verify", (_how, spoil) => {
    const spoiled = { ...head, leaves: spoil(head.leaves) };
    expect(() => verifyClip(nodeCrypto, device.publicKey, sealed.id, spoiled)).toThrow(isDamaged);
  });

  test("with a fragment longer than any may be does not verify, though the doorbell signed it: nobody collects it", async () => {
    const grown = (bytes: number) =>
      sealClip(nodeCrypto, deviceSeed, undefined, {
        replaceSeal(lane, index, key, id) {
          const { leaf, ciphertext } = sealFragment(nodeCrypto, id, lane, index, key, new Uint8Array(1));
          return { leaf: { ...leaf, length: bytes }, ciphertext };
        },
      });
    const [endless, long] = [await grown(0xffff_ffff), await grown(MAX_FRAGMENT_BYTES)];
    const read = (clip: SealedClip) =>
      verifyClip(nodeCrypto, device.publicKey, clip.id, { ...clip.head, clip: clip.id, wraps: [] });
    expect(() => read(endless)).toThrow(isDamaged);
    expect(() => read(long), "control").not.toThrow();
  });

  test("with a manifest that somebody else signed for the same clip does not verify", async () => {
    const forger = seedSigner(nodeCrypto, new Uint8Array(32).fill(7));
    const forged = { ...sealed.manifest, clipKey: forger.publicKey };
    const manifest = await signStatement(nodeCrypto, manifestStatement, forged, forger);
    expect(() => verifyClip(nodeCrypto, device.publicKey, sealed.id, { ...head, manifest })).toThrow(isDamaged);
    const binding = { device: device.publicKey, clip: sealed.id, clipKey: forger.publicKey };
    const clipKey = await signStatement(nodeCrypto, clipKeyStatement, binding, forger);
    expect(() => verifyClip(nodeCrypto, device.publicKey, sealed.id, { ...head, manifest, clipKey })).toThrow(
      isDamaged,
    );
  });
});

describe("a clip's seed", () => {
  test("opens with the key of its day, among other members' wraps", () => {
    expect(openClipSeed(nodeCrypto, state, verified())).toEqual(sealed.seed);
  });

  test("opens no more once its day is forgotten, unless the clip was pinned", () => {
    const forgotten = { ...state, days: forgetDaysBefore(nodeCrypto, state.days, DAY + 1) };
    const noKey = expect.objectContaining({ code: "owner/no-key" });
    expect(() => openClipSeed(nodeCrypto, forgotten, verified())).toThrow(noKey);
    const pinned = keepSeed(forgotten, sealed.id, sealed.seed);
    expect(openClipSeed(nodeCrypto, pinned, verified())).toEqual(sealed.seed);
    expect(() => openClipSeed(nodeCrypto, dropSeed(pinned, sealed.id), verified())).toThrow(noKey);
  });

  test("does not open for an owner it was not wrapped for, nor from a wrap of a wrong length", () => {
    const noKey = expect.objectContaining({ code: "owner/no-key" });
    expect(() => openClipSeed(nodeCrypto, newOwnerState(nodeCrypto, DAY), verified())).toThrow(noKey);
    const cut = { ...verified(), wraps: [new Uint8Array(83)] };
    expect(() => openClipSeed(nodeCrypto, state, cut)).toThrow(noKey);
  });
});

describe("an opened clip", () => {
  test("has every lane and no gaps, and plays as one MP4 with picture and sound", async () => {
    const clip = await opened();
    expect([clip.video.fragments.length, clip.audio.fragments.length, clip.gaps]).toEqual([10, 10, []]);
    expect(boxes(playableClip(clip)).filter(({ type }) => type === "moof")).toHaveLength(20);
  });

  test("names a damaged fragment and a missing one, and plays the rest", async () => {
    const damaged = Uint8Array.from(sealed.ciphertext(1, 3));
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    const clip = await opened({ "1/3": damaged, "2/5": null, "1/7": sealed.ciphertext(1, 6) });
    expect(clip.gaps).toEqual([
      { lane: 1, index: 3, reason: "fragment/ciphertext-hash" },
      { lane: 1, index: 7, reason: "fragment/ciphertext-hash" },
      { lane: 2, index: 5, reason: "missing" },
    ]);
    expect(boxes(playableClip(clip)).filter(({ type }) => type === "moof")).toHaveLength(17);
  });

  test("without its sound's init segment plays the picture alone", async () => {
    const clip = await opened({ "2/0": null });
    expect(boxes(playableClip(clip)).filter(({ type }) => type === "moof")).toHaveLength(10);
  });
});

describe("a consent", () => {
  const made = async (facts: typeof NO_FACTS | null = null, seed = sealed.seed) => {
    const card = await createCard(nodeCrypto, { name: "Anna", url: "mqtt://127.0.0.1:1", ca: null });
    const plan = planShare(timesOf(await opened()), { fromSeconds: 3, toSeconds: 8, sound: false });
    const consent = await makeConsent(nodeCrypto, owner, {
      deviceKey: device.publicKey,
      householdState: 4,
      clip: verified(),
      seed,
      lanes: plan.lanes,
      card: card.card,
      purpose: "your parcel",
      basis: "own",
      challenge: new Uint8Array(16).fill(3),
      expires: 5,
      facts,
    });
    return { card, ...consent };
  };
  const boxKey = ({ card }: Awaited<ReturnType<typeof made>>) => nodeCrypto.boxKeyFromSecret(card.secrets.boxSecret);

  test("grants the keys of the shared fragments and of the init segment, to its recipient and to nobody else", async () => {
    const consent = await made();
    const grant = openGrant(nodeCrypto, consent.submission.grant, boxKey(consent));
    expect(grant?.entries.map(({ lane, index }) => `${lane}/${index}`)).toEqual([
      "1/0",
      "1/4",
      "1/5",
      "1/6",
      "1/7",
      "1/8",
    ]);
    const stranger = nodeCrypto.boxKeyFromSecret(new Uint8Array(32).fill(8));
    expect(openGrant(nodeCrypto, consent.submission.grant, stranger)).toBeNull();
  });

  test("grants no key of another clip, whose wraps the doorbell has put into this one's head", async () => {
    const other = await sealClip(nodeCrypto, deviceSeed);
    await expect(made(null, other.seed)).rejects.toThrow(isDamaged);
  });

  test("tells nothing but the clip unless facts are given", async () => {
    expect((await made()).submission.facts).toBeNull();
    const consent = await made({ ...NO_FACTS, name: "Berta", clipKey: sealed.clipKeyEnvelope });
    const { facts } = consent.submission;
    expect(facts && openFacts(nodeCrypto, facts, boxKey(consent))).toMatchObject({ name: "Berta", place: null });
  });

  test("is co-signed over the same payload, byte for byte, and reads the same to the second owner", async () => {
    const { token, submission } = await made();
    const second = seedSigner(nodeCrypto, new Uint8Array(32).fill(5));
    const coSigned = await coSign(nodeCrypto, second, submission);
    const [one, other] = [submission, coSigned].map(({ consent }) =>
      readStatement(nodeCrypto, consentStatement, consent),
    );
    expect(other?.payloadBytes).toEqual(one?.payloadBytes);
    expect(() => openStatement(nodeCrypto, consentStatement, coSigned.consent, second.publicKey)).not.toThrow();
    expect(coSigned.grant).toBe(submission.grant);
    const asked = { deviceKey: device.publicKey, token };
    expect(readWaitingConsent(nodeCrypto, coSigned, asked)).toMatchObject({
      consent: { household: 4 },
      card: { name: "Anna" },
    });
  });

  test("is not shown for co-signing when the doorbell put a card, text or grant beside it that is not the one to be signed", async () => {
    const { token, submission } = await made();
    const asked = { deviceKey: device.publicKey, token };
    const { card } = await createCard(nodeCrypto, { name: "Anna", url: "mqtt://elsewhere:1883", ca: null });
    const other = new Uint8Array(32);
    const isMixed = expect.objectContaining({ code: "owner/mixed-consent" });
    for (const swapped of [{ card }, { purpose: "Something else" }, { grant: submission.grant.slice(1) }]) {
      expect(() => readWaitingConsent(nodeCrypto, { ...submission, ...swapped }, asked)).toThrow(isMixed);
    }
    expect(() => readWaitingConsent(nodeCrypto, submission, { ...asked, deviceKey: other })).toThrow(isMixed);
    expect(() => readWaitingConsent(nodeCrypto, submission, { ...asked, token: other.slice(16) })).toThrow(isMixed);
    expect(() => readWaitingConsent(nodeCrypto, submission, asked), "control").not.toThrow();
  });
});

import { describe, expect, test } from "vitest";
import { Clearance } from "../../../src/device/consent/clearance.ts";
import type { ConsentSubmission } from "../../../src/device/consent/ports.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { readStatement, signPayload } from "../../../src/protocol/envelope.ts";
import { linkOps } from "../../../src/protocol/link-ops.ts";
import { type Consent, consentStatement } from "../../../src/protocol/statements/consent.ts";
import { VALID_SECONDS } from "../../fakes/consent-world.ts";
import { makeDesk, UNDO_MS } from "./desk-fixture.ts";

const payloadOf = ({ consent }: ConsentSubmission): Consent =>
  readStatement(nodeCrypto, consentStatement, consent).payload;
const DAY_MS = 86_400_000;

describe("an accepted consent", () => {
  test("reaches the publisher after the undo window, not a millisecond before", async () => {
    const world = await makeDesk();
    const { desk, clock, publisher, anna } = world;
    const outcome = await desk.submit(await world.submission(desk.challenge()), anna.publicKey);
    expect(outcome).toEqual({ outcome: "undo-window", undoMs: UNDO_MS });
    await clock.advance(UNDO_MS - 1);
    expect([publisher.held.length, world.audit.length]).toEqual([0, 0]);
    await clock.advance(1);
    await desk.householdChanged();
    expect(publisher.held).toHaveLength(1);
    expect(publisher.held[0]?.clearance).toBeInstanceOf(Clearance);
    expect(world.audit.map(({ kind }) => kind)).toEqual(["release"]);
    expect(world.pendingBytes()).toBeNull();
  });

  test("is listed through its life", async () => {
    const world = await makeDesk();
    const { desk, clock, publisher, anna } = world;
    const state = () => desk.shares().map((share) => [share.state, share.undoRemainingMs]);
    await desk.submit(await world.submission(desk.challenge()), anna.publicKey);
    await clock.advance(1_000);
    expect(state()).toEqual([["undo-window", UNDO_MS - 1_000]]);
    await clock.advance(UNDO_MS);
    await desk.householdChanged();
    expect(state()).toEqual([["delivering", 0]]);
    const [delivery] = publisher.held;
    world.outbox.end(delivery?.clearance.token ?? new Uint8Array(16), "delivered");
    delivery?.end("delivered");
    expect(state()).toEqual([["delivered", 0]]);
  });

  test("that was undone leaves the disk as it was, once it has expired", async () => {
    const world = await makeDesk();
    const { desk, clock, publisher, anna } = world;
    const submission = await world.submission(desk.challenge());
    await desk.submit(submission, anna.publicKey);
    expect(await desk.revoke(await world.revocation(payloadOf(submission).token))).toBe(true);
    await clock.advance(UNDO_MS);
    expect([publisher.held.length, world.audit.length, desk.shares().length]).toEqual([0, 0, 0]);
    expect(world.pendingBytes()).not.toBeNull();
    await clock.advance(VALID_SECONDS * 1000);
    await desk.householdChanged();
    expect(world.pendingBytes()).toBeNull();
    expect(world.outbox.states()).toEqual([]);
  });

  test("is still listed after a thousand others, in a list that the link can carry", async () => {
    const world = await makeDesk();
    const { desk, ledger, outbox, anna } = world;
    const { grant, card, facts, purpose } = await world.submission(desk.challenge());
    const tokens = Array.from({ length: 1001 }, () => nodeCrypto.randomBytes(16));
    ledger.transaction(() => {
      for (const token of tokens) {
        outbox.add({ token, envelopes: [], grant, card, facts, purpose });
        outbox.end(token, "delivered");
      }
    });
    const submission = await world.submission(desk.challenge());
    await desk.submit(submission, anna.publicKey);
    const shares = desk.shares();
    expect(() => linkOps.shares.result.read(linkOps.shares.result.write({ shares }))).not.toThrow();
    expect(shares.map(({ token }) => token)).toContainEqual(payloadOf(submission).token);
    expect(shares.at(-1)?.token).toEqual(tokens.at(-1));
  });

  test("begins its undo window anew after a reboot", async () => {
    const before = await makeDesk();
    await before.desk.submit(await before.submission(before.desk.challenge()), before.anna.publicKey);
    await before.clock.advance(UNDO_MS - 1);
    const after = await before.reboot();
    await after.clock.advance(UNDO_MS - 1);
    expect(after.publisher.held).toHaveLength(0);
    await after.clock.advance(1);
    await after.desk.householdChanged();
    expect(after.publisher.held).toHaveLength(1);
  });

  test("whose delivery a reboot interrupted is taken up at once, and audited only once", async () => {
    const before = await makeDesk();
    await before.desk.submit(await before.submission(before.desk.challenge()), before.anna.publicKey);
    await before.clock.advance(UNDO_MS);
    await before.desk.householdChanged();
    const after = await before.reboot();
    expect(after.publisher.held).toHaveLength(1);
    expect(after.audit).toHaveLength(1);
  });

  test.each([
    ["revoked", "revoked"],
    ["it expired", "void"],
    ["a signer is no owner any more", "void"],
    ["the clip is gone", "void"],
  ])("stops at the next resume when %s", async (what, objection) => {
    const world = await makeDesk();
    const { desk, clock, publisher, anna, ben } = world;
    const submission = await world.submission(desk.challenge());
    await desk.submit(submission, anna.publicKey);
    await clock.advance(UNDO_MS);
    await desk.householdChanged();
    const clearance = publisher.held[0]?.clearance;
    expect(clearance?.objection()).toBeNull();
    if (what === "revoked") await desk.revoke(await world.revocation(payloadOf(submission).token, ben));
    else if (what === "it expired") clock.jumpTo(payloadOf(submission).expires * 1000);
    else if (what === "the clip is gone") world.shelf.erase(world.clip.id);
    else {
      const members = world.household.members.filter(({ signKey }) => signKey !== anna.publicKey);
      world.changeHousehold({ state: 8, members });
    }
    expect(clearance?.objection()).toBe(objection);
  });

  test("that expires inside its undo window is dropped", async () => {
    const world = await makeDesk();
    const { desk, clock, anna } = world;
    const expires = Math.floor(clock.nowMs() / 1000) + 60;
    await desk.submit(await world.submission(desk.challenge(), { expires }), anna.publicKey);
    await clock.advance(UNDO_MS);
    await desk.householdChanged();
    expect([world.publisher.held.length, world.audit.length, world.pendingBytes()]).toEqual([0, 0, null]);
  });
});

describe("a boot without a clock", () => {
  test("holds back what it cannot date: a consent that expired meanwhile never leaves", async () => {
    const before = await makeDesk();
    const submission = await before.submission(before.desk.challenge());
    await before.desk.submit(submission, before.anna.publicKey);
    before.clock.isSynced = false;
    const { desk, clock, publisher, audit, pendingBytes } = await before.reboot();
    await clock.advance(2 * UNDO_MS);
    await desk.householdChanged();
    expect([publisher.held.length, audit.length]).toEqual([0, 0]);
    clock.jumpTo(payloadOf(submission).expires * 1000);
    clock.isSynced = true;
    await clock.advance(UNDO_MS);
    await desk.householdChanged();
    expect([publisher.held.length, audit.length, pendingBytes()]).toEqual([0, 0, null]);
  });

  test("takes a delivery up again only once the time is known", async () => {
    const before = await makeDesk();
    await before.desk.submit(await before.submission(before.desk.challenge()), before.anna.publicKey);
    await before.clock.advance(UNDO_MS);
    await before.desk.householdChanged();
    before.clock.isSynced = false;
    const { clock, publisher } = await before.reboot();
    await clock.advance(60_000);
    expect(publisher.held).toHaveLength(0);
    clock.isSynced = true;
    await clock.advance(60_000);
    expect(publisher.held).toHaveLength(1);
  });
});

describe("a crash", () => {
  test("between the ledger's transaction and the rewriting of pending.bin releases once", async () => {
    const before = await makeDesk();
    await before.desk.submit(await before.submission(before.desk.challenge()), before.anna.publicKey);
    const pending = before.pendingBytes();
    await before.clock.advance(UNDO_MS);
    await before.desk.householdChanged();
    before.restorePending(pending);
    const after = await before.reboot();
    await after.clock.advance(2 * UNDO_MS);
    await after.desk.householdChanged();
    expect([after.audit.length, after.publisher.held.length, after.pendingBytes()]).toEqual([1, 1, null]);
  });

  test("before an acceptance is on disk leaves a token that was never accepted, and its challenge void", async () => {
    const before = await makeDesk();
    const submission = await before.submission(before.desk.challenge());
    await before.desk.submit(submission, before.anna.publicKey);
    before.restorePending(null);
    const after = await before.reboot();
    await after.clock.advance(2 * UNDO_MS);
    expect([after.audit.length, after.desk.shares().length]).toEqual([0, 0]);
    expect(await after.desk.submit(submission, after.anna.publicKey)).toEqual({ outcome: "refused" });
    expect(after.refusals).toEqual(["challenge"]);
  });

  test("that damaged pending.bin is told, and the file is left as it is", async () => {
    const before = await makeDesk();
    const damaged = Buffer.from("{}");
    before.restorePending(damaged);
    await expect(before.reboot()).rejects.toMatchObject({ code: "consent/pending-damaged" });
    expect(before.pendingBytes()).toEqual(damaged);
  });
});

describe("a revocation", () => {
  test("that arrives before its token voids it, and is forgotten when no such token can be valid", async () => {
    const world = await makeDesk();
    const { desk, clock, anna } = world;
    const submission = await world.submission(desk.challenge());
    expect(await desk.revoke(await world.revocation(payloadOf(submission).token))).toBe(true);
    const after = await world.reboot();
    const again = await after.submission(after.desk.challenge(), { token: payloadOf(submission).token });
    expect(await after.desk.submit(again, anna.publicKey)).toEqual({ outcome: "refused" });
    expect(after.refusals).toEqual(["revoked"]);
    await clock.advance(31 * DAY_MS);
    await after.desk.householdChanged();
    expect(after.pendingBytes()).toBeNull();
  });

  test.each(["viewer", "stranger", "moved"] as const)("from a %s changes nothing", async (who) => {
    const world = await makeDesk();
    const submission = await world.submission(world.desk.challenge());
    await world.desk.submit(submission, world.anna.publicKey);
    expect(await world.desk.revoke(await world.revocation(payloadOf(submission).token, world[who]))).toBe(false);
    expect(world.desk.shares()).toHaveLength(1);
  });

  test("of a share under way leaves no byte of the recipient's card on disk, nor in the database's log", async () => {
    const world = await makeDesk();
    const { desk, clock, anna } = world;
    const submission = await world.submission(desk.challenge());
    await desk.submit(submission, anna.publicKey);
    await clock.advance(UNDO_MS);
    await desk.householdChanged();
    expect(
      world.diskBytes().includes(Buffer.from(submission.card)),
      "control: it is there while the share is under way",
    ).toBe(true);
    await desk.revoke(await world.revocation(payloadOf(submission).token));
    expect(world.diskBytes().includes(Buffer.from(submission.card))).toBe(false);
  });

  test("after delivery keeps nothing", async () => {
    const world = await makeDesk();
    const submission = await world.submission(world.desk.challenge());
    await world.desk.submit(submission, world.anna.publicKey);
    await world.clock.advance(UNDO_MS);
    await world.desk.householdChanged();
    world.outbox.end(payloadOf(submission).token, "delivered");
    expect(await world.desk.revoke(await world.revocation(payloadOf(submission).token))).toBe(true);
    expect([world.pendingBytes(), world.audit.length]).toEqual([null, 1]);
    expect(world.outbox.stateOf(payloadOf(submission).token)).toBe("delivered");
  });
});

describe("a household of two signatures", () => {
  async function twoOfTwo() {
    const world = await makeDesk();
    world.changeHousehold({ quorum: 2 });
    const first = await world.submission(world.desk.challenge());
    const { payloadBytes } = readStatement(nodeCrypto, consentStatement, first.consent);
    const second = { ...first, consent: await signPayload(nodeCrypto, consentStatement, payloadBytes, world.ben) };
    return { world, first, second };
  }

  test("waits for the second owner over the same payload, across a reboot", async () => {
    const { world, first, second } = await twoOfTwo();
    expect(await world.desk.submit(first, world.anna.publicKey)).toEqual({ outcome: "waiting", missingSigners: 1 });
    expect(await world.desk.submit(first, world.anna.publicKey)).toEqual({ outcome: "waiting", missingSigners: 1 });
    const after = await world.reboot();
    expect(await after.desk.submit(second, world.ben.publicKey)).toMatchObject({ outcome: "undo-window" });
    await after.clock.advance(UNDO_MS);
    await after.desk.householdChanged();
    expect(after.audit).toMatchObject([{ kind: "release", signers: [world.anna.publicKey, world.ben.publicKey] }]);
  });

  test("takes the same token id with another payload for a replay", async () => {
    const { world, first } = await twoOfTwo();
    await world.desk.submit(first, world.anna.publicKey);
    const { token } = payloadOf(first);
    const other = await world.submission(world.desk.challenge(), { token, basis: "compelled" }, world.ben);
    expect(await world.desk.submit(other, world.ben.publicKey)).toEqual({ outcome: "refused" });
    expect(world.refusals).toEqual(["replay"]);
  });

  test("forgets a token that never got its second signature", async () => {
    const { world, first } = await twoOfTwo();
    await world.desk.submit(first, world.anna.publicKey);
    await world.clock.advance((VALID_SECONDS + 60) * 1000);
    await world.desk.householdChanged();
    expect([world.pendingBytes(), world.desk.shares(), world.audit]).toEqual([null, [], []]);
  });

  test("voids what waits when the household changes", async () => {
    const { world, first } = await twoOfTwo();
    await world.desk.submit(first, world.anna.publicKey);
    world.changeHousehold({ state: 8 });
    await world.desk.householdChanged();
    expect(world.pendingBytes()).toBeNull();
  });
});

describe("pending.bin", () => {
  test("has the same bytes whatever was in it before", async () => {
    const world = await makeDesk();
    const { desk, anna, ben } = world;
    world.changeHousehold({ quorum: 2 });
    await desk.submit(await world.submission(desk.challenge()), anna.publicKey);
    const alone = world.pendingBytes();
    const soon = Math.floor(world.clock.nowMs() / 1000) + 60;
    await desk.submit(await world.submission(desk.challenge(), { expires: soon }, ben), ben.publicKey);
    expect(world.pendingBytes()).not.toEqual(alone);
    await world.clock.advance(61_000);
    await desk.householdChanged();
    expect(world.pendingBytes()).toEqual(alone);
  });
});

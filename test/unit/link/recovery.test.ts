import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Household } from "../../../src/device/link/household.ts";
import { Recovery } from "../../../src/device/link/recovery.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { signHouseholdChange } from "../../../src/owner/household-change.ts";
import { newOwnerState } from "../../../src/owner/owner-state.ts";
import { openSealedDays, sealDays, signRecovery, signRecoveryClaim } from "../../../src/owner/recovery.ts";
import { toBase64url } from "../../../src/protocol/bytes.ts";
import { seedSigner } from "../../../src/protocol/envelope.ts";
import { RECOVERY_WAIT_MS } from "../../../src/protocol/recovery-keys.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const signer = (byte: number) => seedSigner(nodeCrypto, new Uint8Array(32).fill(byte));
const [device, owner, second, newcomer] = [1, 2, 3, 4].map(signer) as [S, S, S, S];
type S = ReturnType<typeof signer>;
const WORDS = new Uint8Array(16).fill(7);
const OTHER_WORDS = new Uint8Array(16).fill(8);
const HOUR_MS = 3_600_000;

let dir: string;
let clock: FakeClock;
let household: Household;
let recovery: Recovery;
let steps: string[];

const linkKeys = (byte: number) => ({
  toDeviceKey: new Uint8Array(32).fill(byte),
  toMemberKey: new Uint8Array(32).fill(byte),
  toDeviceTopic: new Uint8Array(16).fill(byte),
  toMemberTopic: new Uint8Array(16).fill(byte),
});

async function started(): Promise<Recovery> {
  const made = new Recovery(join(dir, "recovery.json"), {
    crypto: nodeCrypto,
    clock,
    deviceKey: device.publicKey,
    household,
    onStep: (step) => void steps.push(step),
    onRecovered: () => Promise.resolve(),
  });
  await made.start();
  return made;
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-recovery-"));
  clock = new FakeClock();
  steps = [];
  household = new Household(nodeCrypto, join(dir, "household.json"), device.publicKey);
  await household.pair(owner.publicKey, linkKeys(2));
  recovery = await started();
});
afterEach(async () => {
  await recovery.stop();
  await rm(dir, { recursive: true, force: true });
});

const registration = (by: S, entropy: Uint8Array | null = WORDS, state = household.view().state): Promise<Uint8Array> =>
  signRecovery(nodeCrypto, by, { device: device.publicKey, household: state, entropy });
const claimOf = (entropy: Uint8Array, member: S = newcomer): Promise<Uint8Array> =>
  signRecoveryClaim(nodeCrypto, entropy, { device: device.publicKey, member: member.publicKey });
/** Time passes no faster than the card can be written. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= HOUR_MS) {
    await clock.advance(Math.min(left, HOUR_MS));
    await recovery.settled();
  }
}
const roles = () => household.view().members.map(({ role }) => role);

async function claimed(): Promise<void> {
  await recovery.register([await registration(owner)], null, owner.publicKey);
  await household.pair(newcomer.publicKey, linkKeys(4));
  await recovery.startClaim(await claimOf(WORDS), newcomer.publicKey);
}

async function changed(member: S, role: "owner" | "viewer" | "none", quorum = 1): Promise<void> {
  const state = household.view().state + 1;
  const change = { device: device.publicKey, state, member: member.publicKey, role, quorum };
  await household.change(await signHouseholdChange(nodeCrypto, owner, change));
  await recovery.householdChanged();
}

describe("recovery words", () => {
  test("make their holder's new phone an owner after 72 hours, not a minute before, and tell the owners meanwhile", async () => {
    await claimed();
    await pass(RECOVERY_WAIT_MS - 60_000);
    expect(roles()).toEqual(["owner"]);
    await pass(60_000);
    await expect.poll(roles).toEqual(["owner", "owner"]);
    expect(household.view().quorum).toBe(1);
    expect(steps).toEqual(["registered", "claimed", "waiting", "waiting", "done"]);
    expect(recovery.claim).toBeNull();
  });

  test("do nothing when any owner says no", async () => {
    await claimed();
    await pass(71 * HOUR_MS);
    await recovery.cancelClaim(owner.publicKey);
    await pass(100 * HOUR_MS);
    expect(roles()).toEqual(["owner"]);
    expect(steps.at(-1)).toBe("cancelled");
  });

  test("wait on after a reboot: never shorter, and at most an hour longer", async () => {
    await claimed();
    await pass(10 * HOUR_MS + 1_800_000);
    await recovery.stop();
    await clock.advance(50 * HOUR_MS); // switched off
    recovery = await started();
    const { remainingMs } = recovery.claim ?? { remainingMs: 0 };
    expect(remainingMs).toBeGreaterThanOrEqual(61.5 * HOUR_MS);
    expect(remainingMs).toBeLessThanOrEqual(62.5 * HOUR_MS);
    await pass(remainingMs - 120_000);
    expect(roles()).toEqual(["owner"]);
    await pass(180_000);
    await expect.poll(roles).toEqual(["owner", "owner"]);
  });

  test("that are other words, for another phone or for another doorbell begin nothing", async () => {
    await recovery.register([await registration(owner)], null, owner.publicKey);
    await household.pair(newcomer.publicKey, linkKeys(4));
    const elsewhere = { device: owner.publicKey, member: newcomer.publicKey };
    await expect(recovery.startClaim(await claimOf(OTHER_WORDS), newcomer.publicKey)).rejects.toThrow();
    await expect(recovery.startClaim(new Uint8Array(5), newcomer.publicKey)).rejects.toThrow();
    expect(await recovery.startClaim(await claimOf(WORDS, second), newcomer.publicKey)).toHaveProperty("rejected");
    expect(
      await recovery.startClaim(await signRecoveryClaim(nodeCrypto, WORDS, elsewhere), newcomer.publicKey),
    ).toHaveProperty("rejected");
    expect(recovery.claim).toBeNull();
    expect(await recovery.startClaim(await claimOf(WORDS), newcomer.publicKey)).toEqual({
      remainingMs: RECOVERY_WAIT_MS,
    });
  });

  test("claimed twice wait as if once", async () => {
    await claimed();
    await clock.advance(HOUR_MS);
    expect(await recovery.startClaim(await claimOf(WORDS), newcomer.publicKey)).toEqual({
      remainingMs: RECOVERY_WAIT_MS - HOUR_MS,
    });
  });

  test("claimed again by the phone that they made an owner begin nothing anew", async () => {
    await claimed();
    await pass(RECOVERY_WAIT_MS);
    await expect.poll(roles).toEqual(["owner", "owner"]);
    expect(await recovery.startClaim(await claimOf(WORDS), newcomer.publicKey)).toEqual({ remainingMs: 0 });
    expect(recovery.claim).toBeNull();
    expect(steps.at(-1)).toBe("done");
  });

  test("end with the phone that claimed, whether it was sent away or let in", async () => {
    await claimed();
    await changed(newcomer, "none");
    expect(recovery.claim).toBeNull();
    await pass(100 * HOUR_MS);
    expect(roles()).toEqual(["owner"]);
  });

  test("are forgotten at a factory reset", async () => {
    await claimed();
    await recovery.clear();
    expect(await recovery.startClaim(await claimOf(WORDS), newcomer.publicKey)).toEqual({
      rejected: "link/no-recovery",
    });
    await expect(readFile(join(dir, "recovery.json"))).rejects.toThrow("ENOENT");
  });
});

describe("a registration", () => {
  test("takes as many owners' signatures over one payload as the quorum says", async () => {
    await household.pair(second.publicKey, linkKeys(3));
    await changed(second, "owner", 2);
    const own = await registration(owner);
    const refused = { rejected: "link/too-few-signatures" };
    expect(await recovery.register([own, own], null, owner.publicKey)).toEqual({ missing: 1 });
    expect(recovery.isRegistered).toBe(false);
    expect(await recovery.register([own, await registration(second, OTHER_WORDS)], null, owner.publicKey)).toEqual(
      refused,
    );
    expect(await recovery.register([], null, owner.publicKey)).toEqual(refused);
    expect(await recovery.register([own, await registration(second)], null, owner.publicKey)).toEqual({ missing: 0 });
    expect(recovery.isRegistered).toBe(true);
  });

  describe("that lacks signatures", () => {
    const signersOf = () => recovery.proposals().map(({ signers }) => signers.length);
    beforeEach(async () => {
      await household.pair(second.publicKey, linkKeys(3));
      await changed(second, "owner", 2);
      await recovery.register([await registration(owner)], "ours", owner.publicKey);
    });

    test("waits for the other owner, whose signature makes it count with what the first one sealed", async () => {
      expect(signersOf()).toEqual([1]);
      expect(steps).toEqual(["proposed"]);
      expect(await recovery.register([await registration(owner)], null, owner.publicKey)).toEqual({ missing: 1 });
      expect(await recovery.register([await registration(second)], "theirs", second.publicKey)).toEqual({ missing: 0 });
      expect(recovery.sealedDays).toBe("ours");
      expect(signersOf()).toEqual([]);
    });

    test("gives way to the newer one of the same owner, and to nobody else's", async () => {
      await recovery.register([await registration(second, OTHER_WORDS)], null, second.publicKey);
      expect(signersOf()).toEqual([1, 1]);
      await recovery.register([await registration(owner, null)], null, owner.publicKey);
      expect(signersOf()).toEqual([1, 1]);
      expect(await recovery.register([await registration(second)], null, second.publicKey)).toEqual({ missing: 1 });
    });

    test("is forgotten with a change of the household and at a reset", async () => {
      const before = await registration(second);
      await household.pair(newcomer.publicKey, linkKeys(4));
      const state = household.view().state + 1;
      const change = {
        device: device.publicKey,
        state,
        member: newcomer.publicKey,
        role: "viewer",
        quorum: 2,
      } as const;
      for (const by of [owner, second]) await household.change(await signHouseholdChange(nodeCrypto, by, change));
      expect(signersOf()).toEqual([]);
      expect(await recovery.register([before], null, second.publicKey)).toEqual({ rejected: "link/stale-change" });
      await recovery.register([await registration(owner)], null, owner.publicKey);
      await recovery.clear();
      expect(signersOf()).toEqual([]);
    });
  });

  test("by nobody, or for another household, does not count; a newer one ends a claim, null takes the words back", async () => {
    await expect(recovery.register([await registration(newcomer)], null, owner.publicKey)).rejects.toThrow();
    expect(await recovery.register([await registration(owner, WORDS, 99)], null, owner.publicKey)).toEqual({
      rejected: "link/stale-change",
    });
    await claimed();
    await recovery.register([await registration(owner, OTHER_WORDS)], null, owner.publicKey);
    expect(recovery.claim).toBeNull();
    await recovery.register([await registration(owner, null)], null, owner.publicKey);
    expect(recovery.isRegistered).toBe(false);
  });

  test("may bring the days along, which the words alone open", async () => {
    const { days } = newOwnerState(nodeCrypto, 20_000);
    const sealed = sealDays(nodeCrypto, WORDS, days);
    await recovery.register([await registration(owner)], toBase64url(sealed), owner.publicKey);
    expect(recovery.keepsFootage).toBe(true);
    expect(openSealedDays(nodeCrypto, WORDS, sealed)).toEqual({ ...days, uploadedThrough: null });
    expect(openSealedDays(nodeCrypto, OTHER_WORDS, sealed)).toBeNull();
    expect(await readFile(join(dir, "recovery.json"), "utf8")).not.toContain(days.secret);
  });
});

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Household } from "../../../src/device/link/household.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { type Signer, seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import type { LinkKeys } from "../../../src/protocol/pairing-handshake.ts";
import { type MemberChange, memberStatement } from "../../../src/protocol/statements/member.ts";
import { revocationStatement } from "../../../src/protocol/statements/revocation.ts";
import { wrapSeed } from "../../../src/protocol/wrap.ts";

const device = seedSigner(nodeCrypto, new Uint8Array(32).fill(9));
const [anna, bert, cleo] = [1, 2, 3].map((seed) => seedSigner(nodeCrypto, new Uint8Array(32).fill(seed))) as [
  Signer,
  Signer,
  Signer,
];

const keys = (): LinkKeys => ({
  toDeviceKey: nodeCrypto.randomBytes(32),
  toMemberKey: nodeCrypto.randomBytes(32),
  toDeviceTopic: nodeCrypto.randomBytes(16),
  toMemberTopic: nodeCrypto.randomBytes(16),
});

let dir: string;
let path: string;
let household: Household;

async function load(): Promise<Household> {
  const loaded = new Household(nodeCrypto, path, device.publicKey);
  await loaded.load();
  return loaded;
}
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "household-"));
  path = join(dir, "household.json");
  household = await load();
  await household.pair(anna.publicKey, keys());
});
afterEach(() => rm(dir, { recursive: true }));

const change = (wish: Partial<MemberChange>): MemberChange => ({
  device: device.publicKey,
  state: household.view().state + 1,
  member: anna.publicKey,
  role: "owner",
  quorum: household.view().quorum,
  ...wish,
});
const signed = (wish: Partial<MemberChange>, signer: Signer) =>
  signStatement(nodeCrypto, memberStatement, change(wish), signer);
const apply = async (wish: Partial<MemberChange>, signer = anna) => household.change(await signed(wish, signer));
const admit = async (who: Signer, role: "owner" | "viewer" = "owner") => {
  await household.pair(who.publicKey, keys());
  expect(await apply({ member: who.publicKey, role })).toMatchObject({ outcome: "applied" });
};

describe("a household", () => {
  test("begins with the first key that pairs; the next one waits", async () => {
    expect(await household.pair(bert.publicKey, keys())).toBe("waiting");
    expect(household.view()).toMatchObject({ state: 1, quorum: 1, members: [{ role: "owner" }] });
    expect(household.links).toHaveLength(2);
  });

  test("survives a restart", async () => {
    await admit(bert, "viewer");
    expect((await load()).view()).toEqual(household.view());
  });

  test("does not let a member's key pair again: pairing does not prove that one holds it", async () => {
    await expect(household.pair(anna.publicKey, keys())).rejects.toMatchObject({ code: "link/already-member" });
  });

  test("takes the newest pairing of a key that waits", async () => {
    await household.pair(bert.publicKey, keys());
    const newest = keys();
    await household.pair(bert.publicKey, newest);
    expect(household.links.filter(({ role }) => role === "none")).toMatchObject([newest]);
  });

  test("drops phones that nobody admitted before it is full, and members never", async () => {
    for (let i = 0; i < 31; i += 1) await household.pair(seedOf(i), keys());
    expect(household.links).toHaveLength(32);
    await household.pair(bert.publicKey, keys());
    expect(household.links.map(({ role }) => role)).toEqual(["owner", "none"]);
  });

  test("applies a change that an owner signed, and keeps the removed key in mind", async () => {
    await admit(bert);
    expect(await apply({ member: bert.publicKey, role: "none" })).toMatchObject({ outcome: "applied" });
    expect(household.view()).toMatchObject({ state: 3, members: [{ role: "owner" }], removed: [bert.publicKey] });
  });

  test.each([
    ["a viewer", { member: cleo.publicKey, role: "none" }, "statement/unknown-signer"],
    ["another device", { device: anna.publicKey }, "link/stale-change"],
    ["the state before", { state: 2 }, "link/stale-change"],
    ["a state far ahead", { state: 9 }, "link/stale-change"],
    ["an unknown key", { member: device.publicKey }, "link/unknown-member"],
    ["fewer owners than the quorum", { quorum: 2 }, "link/last-owner"],
    ["the last owner", { role: "none" }, "link/last-owner"],
  ] satisfies [string, Partial<MemberChange>, string][])(
    "rejects a change of %s by its code",
    async (who, wish, code) => {
      await admit(cleo, "viewer");
      expect(await apply(wish, who === "a viewer" ? cleo : anna)).toEqual({ outcome: "rejected", code });
      expect(await apply({}), "control").toMatchObject({ outcome: "applied" });
    },
  );

  test("takes no other statement for a change, and no change in another's name", async () => {
    const revocation = { device: device.publicKey, token: new Uint8Array(16) };
    const other = await signStatement(nodeCrypto, revocationStatement, revocation, anna);
    expect(await household.change(other)).toEqual({ outcome: "rejected", code: "statement/shape" });
    const forged = { publicKey: anna.publicKey, sign: (message: Uint8Array) => bert.sign(message) };
    expect(await apply({}, forged)).toEqual({ outcome: "rejected", code: "statement/signature" });
  });

  test("waits for as many owners as its quorum, over one payload", async () => {
    await admit(bert);
    await admit(cleo);
    await apply({ quorum: 2 });
    const wish = { member: cleo.publicKey, role: "viewer" } as const;
    expect(await apply(wish, anna)).toEqual({ outcome: "waiting", missing: 1 });
    expect(await apply(wish, anna)).toEqual({ outcome: "waiting", missing: 1 });
    expect(await apply({ ...wish, quorum: 1 }, bert), "another payload").toMatchObject({ outcome: "waiting" });
    expect(household.proposals()).toHaveLength(2);
    expect(await apply(wish, bert)).toMatchObject({ outcome: "applied" });
    expect(household.proposals(), "signed for a state that is over").toEqual([]);
  });

  test("holds two changes of each owner that lack signatures, and nobody pushes out another's", async () => {
    await admit(bert);
    await apply({ quorum: 2 });
    const removal = { member: bert.publicKey, role: "none", quorum: 1 } as const;
    await household.pair(cleo.publicKey, keys());
    const wish = { member: cleo.publicKey, role: "owner" } as const;
    expect(await apply(wish, anna)).toEqual({ outcome: "waiting", missing: 1 });
    for (let i = 0; i < 20; i += 1) await apply({ member: await pairedKey(i), role: "viewer" }, bert);
    expect(household.proposals()).toHaveLength(3);
    expect(await apply(removal, anna)).toEqual({ outcome: "waiting", missing: 1 });
    expect(await apply(wish, bert)).toMatchObject({ outcome: "applied" });
  });

  test("forgets everybody at a reset, while its state goes on counting", async () => {
    await admit(bert);
    const { state } = household.view();
    await household.reset();
    expect(household.view()).toEqual({ state: state + 1, quorum: 1, members: [], removed: [] });
    expect(await readFile(path, "utf8")).not.toContain("toDeviceKey");
    expect(await household.pair(cleo.publicKey, keys())).toBe("owner");
  });
});

describe("the key of the day", () => {
  const day = (n: number): Uint8Array => new Uint8Array(32).fill(n);

  test("is the uploaded one of that day; without one, or without a clock, the last uploaded", async () => {
    await household.uploadDayKeys(anna.publicKey, 100, [day(1), day(2), day(3)]);
    expect(await household.recipientsForClip(101, true)).toEqual([{ day: 101, publicKey: day(2) }]);
    expect(await household.recipientsForClip(101, false)).toEqual([{ day: 102, publicKey: day(3) }]);
    expect(await household.recipientsForClip(500, true)).toEqual([{ day: 102, publicKey: day(3) }]);
  });

  test("never is of a day before the last one used, also after a restart", async () => {
    await household.uploadDayKeys(anna.publicKey, 100, [day(1), day(2), day(3)]);
    await household.recipientsForClip(101, true);
    const after = await load();
    expect(await after.recipientsForClip(100, true)).toEqual([{ day: 101, publicKey: day(2) }]);
  });

  test("the first keys of a household are told from later ones", async () => {
    expect(await household.uploadDayKeys(anna.publicKey, 100, [day(1)])).toBe(true);
    expect(await household.uploadDayKeys(anna.publicKey, 101, [day(2)])).toBe(false);
  });

  test("day keys that cannot be sealed to are refused whole: one in a viewer's upload would end every recording", async () => {
    await household.uploadDayKeys(anna.publicKey, 100, [day(1), day(2)]);
    const weak = new Uint8Array(32);
    await expect(household.uploadDayKeys(anna.publicKey, 100, [day(3), weak])).rejects.toMatchObject({
      code: "key/weak",
    });
    expect(household.dayKeys(100, true)).toEqual([{ day: 100, publicKey: day(1) }]);
    const wrapped = () => wrapSeed(nodeCrypto, 100, weak, new Uint8Array(32));
    expect(wrapped, "control: nothing can be sealed to it").toThrow("zeros");
  });

  test("is given for viewers too, not for phones that wait nor members without keys", async () => {
    await household.uploadDayKeys(anna.publicKey, 100, [day(1)]);
    await admit(bert, "viewer");
    await household.pair(cleo.publicKey, keys());
    await household.uploadDayKeys(cleo.publicKey, 100, [day(7)]);
    expect(household.dayKeys(100, true)).toEqual([{ day: 100, publicKey: day(1) }]);
    await household.uploadDayKeys(bert.publicKey, 100, [day(2)]);
    expect(household.dayKeys(100, true)).toHaveLength(2);
  });
});

function seedOf(n: number): Uint8Array {
  return seedSigner(nodeCrypto, new Uint8Array(32).fill(50 + n)).publicKey;
}

async function pairedKey(n: number): Promise<Uint8Array> {
  await household.pair(seedOf(n), keys());
  return seedOf(n);
}

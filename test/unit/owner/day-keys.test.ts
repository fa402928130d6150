import { describe, expect, test } from "vitest";
import { afterUpload, boxKeyOfDay, forgetDaysBefore, isUploadDue, planDayKeys } from "../../../src/owner/day-keys.ts";
import { type DayChainState, newOwnerState } from "../../../src/owner/owner-state.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";

const TODAY = 20_000;
const fresh = (): DayChainState => newOwnerState(portableCrypto, TODAY).days;
const uploaded = (): DayChainState => {
  const days = fresh();
  return afterUpload(days, planDayKeys(portableCrypto, days, TODAY));
};
const publicKeyOf = (days: DayChainState, day: number) => boxKeyOfDay(portableCrypto, days, day)?.publicKey ?? null;

describe("an owner's day keys", () => {
  test("are uploaded for today and 120 days ahead, and are those the owner can open with", () => {
    const days = fresh();
    const { firstDay, keys } = planDayKeys(portableCrypto, days, TODAY);
    expect([firstDay, keys.length]).toEqual([TODAY, 121]);
    expect([publicKeyOf(days, TODAY), publicKeyOf(days, TODAY + 120)]).toEqual([keys[0], keys[120]]);
  });

  test("are due again a week later, not the next day", () => {
    expect(isUploadDue(fresh(), TODAY)).toBe(true);
    expect([1, 7, 8].map((later) => isUploadDue(uploaded(), TODAY + later))).toEqual([false, false, true]);
  });

  test("of forgotten days are gone from the state; later ones stay the same", () => {
    const before = uploaded();
    const after = forgetDaysBefore(portableCrypto, before, TODAY + 10);
    expect(publicKeyOf(after, TODAY + 9)).toBeNull();
    expect(publicKeyOf(before, TODAY + 9), "control").not.toBeNull();
    expect(publicKeyOf(after, TODAY + 50)).toEqual(publicKeyOf(before, TODAY + 50));
    expect(JSON.stringify(after)).not.toContain(before.secret);
  });

  test("are never forgotten past the last day uploaded: clips without a day of their own are wrapped to that", () => {
    const days = uploaded();
    expect(publicKeyOf(forgetDaysBefore(portableCrypto, days, TODAY + 120), TODAY + 120)).not.toBeNull();
    expect(() => forgetDaysBefore(portableCrypto, days, TODAY + 121)).toThrow(
      expect.objectContaining({ code: "owner/upload-first" }),
    );
    expect(() => forgetDaysBefore(portableCrypto, fresh(), TODAY + 1)).toThrow(
      expect.objectContaining({ code: "owner/upload-first" }),
    );
  });

  test("of an absurd day in a wrap are not computed", () => {
    expect(publicKeyOf(fresh(), 0xffff_ffff)).toBeNull();
  });
});

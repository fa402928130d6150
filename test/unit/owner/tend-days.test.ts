import { beforeEach, describe, expect, test } from "vitest";
import { boxKeyOfDay } from "../../../src/owner/day-keys.ts";
import type { Doorbell } from "../../../src/owner/doorbell.ts";
import { OwnerStore } from "../../../src/owner/owner-store.ts";
import { tendDays } from "../../../src/owner/tend-days.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { MemoryStorage } from "../../contract/link-rig.ts";

const TODAY = 20_000;
const RETENTION_DAYS = 14;

let store: OwnerStore;
let asked: string[];
const doorbell = {
  ask: (op: string) => {
    asked.push(op);
    return Promise.resolve({ result: {}, attachment: new Uint8Array() });
  },
} as unknown as Pick<Doorbell, "ask">;

const tend = (today: number, doorbellDay: number | null) =>
  tendDays(portableCrypto, store, doorbell, { today, doorbellDay, retentionDays: RETENTION_DAYS });
const opens = async (day: number): Promise<boolean> =>
  boxKeyOfDay(portableCrypto, (await store.read()).days, day) !== null;

beforeEach(async () => {
  asked = [];
  store = new OwnerStore(new MemoryStorage());
  await store.create(portableCrypto, TODAY);
  await tend(TODAY, TODAY);
});

describe("keys of days, by the clocks of phone and doorbell", () => {
  test("are uploaded at first, and forgotten once their day is out of retention", async () => {
    expect(asked).toEqual(["day-keys"]);
    expect(await tend(TODAY + RETENTION_DAYS, TODAY + RETENTION_DAYS)).toBe("tended");
    expect(await opens(TODAY)).toBe(true);
    expect(await tend(TODAY + RETENTION_DAYS + 1, TODAY + RETENTION_DAYS)).toBe("tended");
    expect(await opens(TODAY)).toBe(false);
  });

  test.each([200, 2, -2, -200])("stay as they are on both sides while the phone is %i days off", async (off) => {
    const before = await store.read();
    expect(await tend(TODAY + off, TODAY)).toBe("clocks-differ");
    expect(await store.read()).toEqual(before);
    expect(asked).toEqual(["day-keys"]);
  });

  test("are uploaded for a doorbell that does not know the time, and none is forgotten by one clock alone", async () => {
    expect(await tend(TODAY + 60, null)).toBe("tended");
    expect(asked).toEqual(["day-keys", "day-keys"]);
    expect(await opens(TODAY)).toBe(true);
  });
});

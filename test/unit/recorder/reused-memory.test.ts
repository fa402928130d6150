import { describe, expect, test } from "vitest";
import { ReusedMemory } from "../../../src/device/recorder/reused-memory.ts";

describe("ReusedMemory", () => {
  test("lends what was given back, overwritten, at the length asked for", () => {
    const memory = new ReusedMemory();
    const first = memory.lend(200_000);
    first.bytes.fill(7);
    first.giveBack();
    expect(first.bytes.every((byte) => byte === 0)).toBe(true);
    const second = memory.lend(250_000);
    expect(second.bytes.buffer).toBe(first.bytes.buffer);
    expect(second.bytes).toHaveLength(250_000);
  });

  test("lends nothing that is still in use, also when something is given back twice", () => {
    const memory = new ReusedMemory();
    const first = memory.lend(1000);
    first.giveBack();
    const second = memory.lend(1000);
    second.bytes.fill(7);
    first.giveBack();
    expect(memory.lend(1000).bytes.buffer).not.toBe(second.bytes.buffer);
    expect(second.bytes.every((byte) => byte === 7)).toBe(true);
  });

  test("keeps no more than a recording needs", () => {
    const memory = new ReusedMemory();
    const loans = Array.from({ length: 50 }, () => memory.lend(1000));
    const lent = new Set(loans.map(({ bytes }) => bytes.buffer));
    for (const loan of loans) loan.giveBack();
    const again = Array.from({ length: 50 }, () => memory.lend(1000));
    expect(again.filter(({ bytes }) => lent.has(bytes.buffer))).toHaveLength(8);
  });
});

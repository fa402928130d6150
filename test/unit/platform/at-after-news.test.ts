import { expect, test } from "vitest";
import { systemClock } from "../../../src/device/platform/clock.ts";

const reached = (dueMs: number): Promise<number> =>
  new Promise((resolve) => systemClock.atAfterNews(dueMs, () => resolve(performance.now())));

test("what is due at a fraction of a millisecond is never run too early", async () => {
  for (let n = 0; n < 40; n += 1) {
    const dueMs = performance.now() + 3 + n / 40;
    expect(await reached(dueMs)).toBeGreaterThanOrEqual(dueMs);
  }
});

test("what is overdue is run in the next turn, and what is undone is not", async () => {
  const seen: string[] = [];
  systemClock.atAfterNews(performance.now() - 50, () => void seen.push("overdue"));
  const cancels = [0, 5].map((ms) => systemClock.atAfterNews(performance.now() + ms, () => void seen.push("undone")));
  for (const cancel of cancels) cancel();
  expect(seen).toEqual([]);
  await systemClock.sleep(20);
  expect(seen).toEqual(["overdue"]);
});

test("one that is undone between its timer and its turn is not run", async () => {
  const seen: string[] = [];
  const cancel = systemClock.atAfterNews(performance.now() + 6, () => void seen.push("run"));
  await systemClock.sleep(5);
  cancel();
  await systemClock.sleep(20);
  expect(seen).toEqual([]);
});

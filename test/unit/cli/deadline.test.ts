import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { withDeadline } from "../../../src/cli/deadline.ts";

const never = new AbortController().signal;
const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));

test("a deadline comes although the garbage collector runs before it", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const ended = aborted(withDeadline(never, 60));
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  expect(await ended).toMatchObject({ name: "TimeoutError" });
});

test("a signal that many deadlines are made of gets no listeners, of which Node would warn", () => {
  const parent = new AbortController();
  for (let i = 0; i < 20; i += 1) withDeadline(parent.signal, 1);
  expect(getEventListeners(parent.signal, "abort")).toEqual([]);
});

test("ends with what it belongs to, at once when that has ended before", async () => {
  const parent = new AbortController();
  const child = withDeadline(parent.signal, 60_000);
  const ended = aborted(child);
  parent.abort("Ctrl-C");
  expect(await ended).toBe("Ctrl-C");
  expect(withDeadline(parent.signal, 60_000).aborted).toBe(true);
});

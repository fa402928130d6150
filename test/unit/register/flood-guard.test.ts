import { expect, test } from "vitest";
import { FloodGuard } from "../../../src/register/flood-guard.ts";

test("a connection that is refused twenty times is asked to slow down, and others are not", () => {
  const guard = new FloodGuard(() => 0);
  const [bad, good] = [{}, {}];
  for (let i = 0; i < 20; i += 1) {
    expect(guard.begin(bad)).toBe("go-on");
    expect(guard.end(bad, "refused")).toBe(i === 19);
  }
  expect(guard.begin(bad)).toBe("register/slow-down");
  expect(guard.begin(good)).toBe("go-on");
});

test("accepted statements do not count against a connection", () => {
  const guard = new FloodGuard(() => 0);
  const connection = {};
  for (let i = 0; i < 1_000; i += 1) {
    expect(guard.begin(connection)).toBe("go-on");
    expect(guard.end(connection, "accepted")).toBe(false);
  }
});

test("a connection has 64 statements unanswered at most", () => {
  const guard = new FloodGuard(() => 0);
  const connection = {};
  for (let i = 0; i < 64; i += 1) expect(guard.begin(connection)).toBe("go-on");
  expect(guard.begin(connection)).toBe("register/slow-down");
  guard.end(connection, "accepted");
  expect(guard.begin(connection)).toBe("go-on");
});

test("many forgeries together use up the patience, which comes back with time", () => {
  let nowMs = 0;
  const guard = new FloodGuard(() => nowMs);
  for (let i = 0; i < 2_000; i += 1) {
    const connection = {};
    expect(guard.begin(connection)).toBe("go-on");
    guard.end(connection, "forged");
  }
  expect(guard.begin({})).toBe("register/busy");
  nowMs = 1_000;
  expect(guard.begin({})).toBe("go-on");
});

test("rubbish that no signature had to be checked for keeps nobody else out", () => {
  const guard = new FloodGuard(() => 0);
  for (let i = 0; i < 100_000; i += 1) {
    const connection = {};
    guard.begin(connection);
    guard.end(connection, "refused");
  }
  expect(guard.begin({})).toBe("go-on");
});

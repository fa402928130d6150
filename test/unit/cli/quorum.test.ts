import { expect, test } from "vitest";
import { Options } from "../../../src/cli/options.ts";
import { readQuorum, witnessWords } from "../../../src/cli/quorum.ts";

test.each([
  [0, undefined, 0],
  [1, undefined, 1],
  [2, undefined, 2],
  [3, undefined, 2],
  [4, undefined, 3],
  [3, "0", 0],
  [3, "3", 3],
])("of %i witnesses, with --quorum %s, %i must vouch", (count, quorum, needed) => {
  const witnesses = Array.from({ length: count }, (_, i) => `witness ${i}`);
  expect(readQuorum(new Options({ quorum }), witnesses)).toBe(needed);
});

test("more voices than witnesses are a mistake of whoever typed them", () => {
  expect(() => readQuorum(new Options({ quorum: "2" }), ["witness"])).toThrow(/--quorum takes a whole number/);
});

test("witnesses are counted in words", () => {
  expect([0, 1, 2].map(witnessWords)).toEqual(["no witness", "1 witness", "2 witnesses"]);
});

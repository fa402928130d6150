import { describe, expect, test } from "vitest";
import { chooseByHex } from "../../../src/cli/clip-choice.ts";
import { readBasis, readExpiry, readSeconds } from "../../../src/cli/consent-wish.ts";
import { CliError } from "../../../src/cli/errors.ts";
import { refuseUnreachableQuorum } from "../../../src/cli/household-changing.ts";
import { fromHex } from "../../../src/protocol/bytes.ts";

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof CliError ? error.code : String(error);
  }
};

describe("the part to share", () => {
  test.each([
    ["3-8", 3, 8],
    ["0-0.5", 0, 0.5],
    ["2.25-7", 2.25, 7],
  ])("%s is from %d to %d seconds", (text, fromSeconds, toSeconds) => {
    expect(readSeconds(text)).toEqual({ fromSeconds, toSeconds });
  });
  test.each(["", "3", "8-3", "3-3", "-3", "3-", "a-b", "3 - 8", "1e1-20", "3-8-9", "∞-8"])("%j is no part", (text) => {
    expect(codeOf(() => readSeconds(text))).toBe("cli/usage");
  });
});

describe("until when", () => {
  test.each([
    ["30m", 1800],
    ["12h", 43_200],
    ["30d", 2_592_000],
  ])("%s is %d seconds", (text, seconds) => expect(readExpiry(text)).toBe(seconds));
  test.each(["0m", "31d", "7", "d", "1w", "-1d", "1.5h"])("%j is no time that a doorbell takes", (text) => {
    expect(codeOf(() => readExpiry(text))).toBe("cli/usage");
  });
});

test("a voluntary basis needs a request, which this command has none of", () => {
  expect(readBasis("compelled")).toBe("compelled");
  expect(codeOf(() => readBasis("voluntary"))).toBe("cli/usage");
});

describe("an id by its beginning", () => {
  const ids = ["4f1c00", "4f1d00", "9b0200"].map(fromHex);
  const choose = (text: string | undefined): Uint8Array => chooseByHex(ids, (id) => id, text, "clip");
  test("names one, whatever the case", () => expect(choose("4F1C")).toBe(ids[0]));
  test("names none, several or nothing sensible: each has its code", () => {
    expect(["aa", "4f1", "last!", undefined].map((text) => codeOf(() => choose(text)))).toEqual([
      "cli/not-found",
      "cli/ambiguous",
      "cli/usage",
      "cli/usage",
    ]);
  });
});

test("a household can always still reach its quorum", () => {
  expect(codeOf(() => refuseUnreachableQuorum(2, 2))).toBeUndefined();
  expect(codeOf(() => refuseUnreachableQuorum(1, 2))).toBe("cli/usage");
  expect(codeOf(() => refuseUnreachableQuorum(0, 1))).toBe("cli/usage");
});

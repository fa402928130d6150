import { describe, expect, test } from "vitest";
import { fields, table } from "../../../src/cli/table.ts";
import { byteSize, clipLength, duration, fingerprint, foreignText, localTime } from "../../../src/cli/words.ts";

describe("words for a person", () => {
  test("a time is local and sorts as text", () => {
    const at = new Date(2026, 2, 1, 18, 4, 9).getTime();
    expect(localTime(at)).toBe("2026-03-01 18:04:09");
    expect([at + 3_600_000, at].map(localTime).toSorted()).toEqual([localTime(at), localTime(at + 3_600_000)]);
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [12_345, "12 kB"],
    [999_600, "1.0 MB"],
    [3_400_000_000, "3.4 GB"],
  ])("%i bytes are %s", (bytes, said) => expect(byteSize(bytes)).toBe(said));

  test.each([
    [0, "0.0 s"],
    [8_240, "8.2 s"],
    [59_940, "59.9 s"],
    [59_990, "1:00"],
    [65_000, "1:05"],
    [3_723_000, "1:02:03"],
  ])("a recording of %i ms is %s long", (ms, said) => expect(clipLength(ms)).toBe(said));

  test.each([
    [1000, "1 second"],
    [5000, "5 seconds"],
    [600_000, "10 minutes"],
    [7_200_000, "2 hours"],
    [604_800_000, "7 days"],
  ])("%i ms of waiting are %s", (ms, said) => expect(duration(ms)).toBe(said));

  test("a fingerprint is read in groups of four", () => {
    expect(fingerprint("0123456789abcdef".repeat(4))).toBe("0123 4567 89ab cdef 0123 4567 89ab cdef");
  });

  test("a stranger's name cannot steer the terminal nor turn the line around", () => {
    expect(foreignText("Anna\u001b[2J\u202e\nevil")).toBe("Anna\u{fffd}[2J\u{fffd}\u{fffd}evil");
  });
});

describe("tables", () => {
  test("columns line up, numbers to the right, no blanks at the end", () => {
    const text = table(
      [{ title: "clip" }, { title: "size", align: "right" }, { title: "note" }],
      [
        ["4f1c", "12 kB", ""],
        ["9b", "999 B", "pinned"],
      ],
    );
    expect(text.split("\n")).toEqual(["clip   size  note", "4f1c  12 kB", "9b    999 B  pinned"]);
  });

  test("fields put what is said under each other", () => {
    expect(
      fields([
        ["who", "Anna"],
        ["until when", "now"],
      ]),
    ).toBe("  who         Anna\n  until when  now");
  });
});

import { describe, expect, test } from "vitest";
import { makeRow, percentile } from "../bench/row.ts";
import { table } from "../bench/table.ts";

const definition = { name: "work", unit: "s", referenceName: "a peer" } as const;
const pairs = [
  { ours: 1, reference: 1 },
  { ours: 3, reference: 2 },
  { ours: 9, reference: 3 },
];

describe("a row of the benchmark", () => {
  test("is judged by the median of the pairs' ratios, not by the ratio of the medians", () => {
    const row = makeRow({ ...definition, target: { of: "ratio", atMost: 1.5 } }, pairs);
    expect(row).toMatchObject({ ours: 3, reference: 2, ratio: 1.5, spread: [1, 3], pairs: 3, met: true });
  });

  test("loses when it misses its target", () => {
    expect(makeRow({ ...definition, target: { of: "ratio", atMost: 1.49 } }, pairs).met).toBe(false);
    expect(makeRow({ ...definition, target: { of: "ours", atLeast: 4 } }, pairs).met).toBe(false);
    expect(makeRow({ ...definition, target: { of: "ours", atMost: 3 } }, pairs).met).toBe(true);
  });

  test("adds up what is counted, and has no ratio to nothing", () => {
    const counted = [
      { ours: 0, reference: 1 },
      { ours: 1, reference: 0 },
    ];
    const row = makeRow({ ...definition, combine: "sum", target: { of: "ours", atMost: 0 } }, counted);
    expect(row).toMatchObject({ ours: 1, reference: 1, ratio: null, met: false });
  });

  test("without a measurement is an error, not a row", () => {
    for (const measured of [[], [{ ours: Number.NaN, reference: 1 }]]) {
      expect(() => makeRow({ ...definition, target: { of: "ours", atMost: 1 } }, measured)).toThrow(
        "nothing was measured",
      );
    }
  });

  test("is shown whether it wins or loses", () => {
    const shown = table([makeRow({ ...definition, target: { of: "ratio", atMost: 1 } }, pairs)]);
    expect(shown).toContain("| work | 3 s | 2 s: a peer | 1.5 (1–3, 3 pairs) | ≤ 1× | **no** |");
  });
});

test("the 99th percentile of a hundred is the second largest", () => {
  expect(
    percentile(
      Array.from({ length: 100 }, (_, i) => 100 - i),
      0.99,
    ),
  ).toBe(99);
});

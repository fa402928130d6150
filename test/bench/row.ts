/** What one line of the benchmark compares, and whether it is good enough. */
export interface RowDefinition {
  readonly name: string;
  readonly unit: string;
  readonly referenceName: string;
  readonly target: Target;
  /** Of the pairs: their medians (the default), or their sums where things are counted. */
  readonly combine?: "median" | "sum";
}

/** `ratio`: ours over reference, median of the pairs. `ours`: our own number, whatever the reference does. */
export type Target =
  | { readonly of: "ratio"; readonly atMost: number }
  | { readonly of: "ours"; readonly atMost: number }
  | { readonly of: "ours"; readonly atLeast: number };

/** One measurement of each, taken side by side or directly after one another. */
export interface Pair {
  readonly ours: number;
  readonly reference: number;
}

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Over all pairs. */
  readonly ours: number;
  readonly reference: number;
  readonly referenceName: string;
  /** Median of the pairs' ratios; null where the reference is zero. */
  readonly ratio: number | null;
  /** Smallest and largest ratio, or smallest and largest of ours where there is no ratio. */
  readonly spread: readonly [number, number];
  readonly pairs: number;
  readonly target: number;
  readonly targetOf: "ratio" | "ours";
  readonly targetText: string;
  readonly met: boolean;
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - (sorted.length % 2 === 0 ? 1 : 0)], sorted[middle]];
  return (low + high) / 2;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

export function makeRow(definition: RowDefinition, pairs: readonly Pair[], note?: string): Row {
  if (pairs.length === 0 || !pairs.every(({ ours }) => Number.isFinite(ours))) {
    throw new Error(`${definition.name}: nothing was measured`);
  }
  const { target } = definition;
  const ratios = pairs.map(({ ours, reference }) => ours / reference);
  const hasRatio = ratios.every(Number.isFinite);
  const ratio = hasRatio ? median(ratios) : null;
  const combine = definition.combine === "sum" ? sum : median;
  const ours = combine(pairs.map((pair) => pair.ours));
  const spreadOf = hasRatio ? ratios : pairs.map((pair) => pair.ours);
  const judged = target.of === "ratio" ? (ratio ?? Number.POSITIVE_INFINITY) : ours;
  const limit = "atMost" in target ? target.atMost : target.atLeast;
  return {
    name: definition.name,
    unit: definition.unit,
    ours,
    reference: combine(pairs.map((pair) => pair.reference)),
    referenceName: definition.referenceName,
    ratio,
    spread: [Math.min(...spreadOf), Math.max(...spreadOf)],
    pairs: pairs.length,
    target: limit,
    targetOf: target.of,
    targetText: `${"atMost" in target ? "≤" : "≥"} ${limit.toLocaleString("en")}${target.of === "ratio" ? "×" : ` ${definition.unit}`}`,
    met: "atMost" in target ? judged <= limit : judged >= limit,
    ...(note === undefined ? {} : { note }),
  };
}

/** One look at a value while nothing was going on. */
export interface Sample {
  readonly seconds: number;
  readonly value: number;
}

export interface Trend {
  readonly samples: number;
  /** Median of the samples that count. */
  readonly level: number;
  /** What the trend adds over the time that was watched. */
  readonly growth: number;
  readonly perHour: number;
}

/** The first third warms caches, pools and the just-in-time compiler. */
const WARM_UP = 1 / 3;

/**
 * Theil–Sen: the median of the slopes of all pairs. A third of the samples may be anything, such as a heap that was looked at
 * just before it was cleaned, without moving it.
 */
export function trendOf(samples: readonly Sample[]): Trend {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP));
  const slopes = counted.flatMap((a, i) =>
    counted.slice(i + 1).map((b) => (b.value - a.value) / Math.max(b.seconds - a.seconds, Number.EPSILON)),
  );
  const slope = median(slopes);
  const watched = (counted.at(-1)?.seconds ?? 0) - (counted[0]?.seconds ?? 0);
  return {
    samples: counted.length,
    level: median(counted.map(({ value }) => value)),
    growth: slope * watched,
    perHour: slope * 3600,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 1 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
}

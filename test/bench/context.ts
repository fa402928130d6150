import type { Row } from "./row.ts";

export interface BenchContext {
  /** How many pairs each row takes at least. */
  readonly pairs: number;
  /** Whether a row was asked for. */
  readonly wants: (rowName: string) => boolean;
  /** An empty folder on a disk, not in memory; removed at the end. */
  readonly workDir: string;
  /** Tells the person who waits. */
  readonly say: (text: string) => void;
}

/** Rows that are measured in one go, because they watch the same running programs. */
export interface Measurement {
  readonly rows: readonly string[];
  measure(context: BenchContext): Promise<readonly Row[]>;
}

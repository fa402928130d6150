/** Numbers with their unit, as a person writes them: "5s", "1.5 h", "20 GB". */

export interface UnitTable {
  /** Unit, as written, to how many base units it is worth. */
  readonly units: Readonly<Record<string, number>>;
  /** Shown where the form is explained. */
  readonly example: string;
}

/** Milliseconds. */
export const DURATION: UnitTable = {
  units: { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 },
  example: "5s",
};

/** Bytes, in powers of ten as cards are sold. */
export const SIZE: UnitTable = {
  units: { kB: 1000, MB: 1_000_000, GB: 1_000_000_000, TB: 1_000_000_000_000 },
  example: "8 GB",
};

/** Kilobits a second. */
export const RATE: UnitTable = { units: { "kbit/s": 1, "Mbit/s": 1000 }, example: "2 Mbit/s" };

/** Whole base units, or null when the text is no number with one of the table's units. */
export function readQuantity(text: string, { units }: UnitTable): number | null {
  const [, number, unit] = /^(\d{1,12}(?:\.\d{1,6})?)\s?([A-Za-z/]+)$/.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined || !Object.hasOwn(units, unit)) return null;
  return Math.round(Number(number) * (units[unit] ?? Number.NaN));
}

/** The largest unit that gives a short whole number: 90000 ms is "90s", 120000 ms is "2min". */
export function writeQuantity(value: number, { units }: UnitTable): string {
  const [unit, worth] = Object.entries(units).findLast(([, size]) => value >= size && value % size === 0) ??
    Object.entries(units)[0] ?? ["", 1];
  return `${value / worth}${unit.length > 3 || /^[A-Zk]/.test(unit) ? " " : ""}${unit}`;
}

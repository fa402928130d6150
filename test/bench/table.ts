import type { Row } from "./row.ts";

function number(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 0.995) return value.toPrecision(2);
  return value < 99.5 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString("en");
}

/** Markdown, so that it can be put into the README as it is. */
export function table(rows: readonly Row[]): string {
  const head = ["what", "ours", "reference", "ratio (spread)", "target", "met"];
  const lines = rows.map((row) => [
    `${row.name}${row.note === undefined ? "" : ` (${row.note})`}`,
    `${number(row.ours)} ${row.unit}`,
    `${number(row.reference)} ${row.unit}: ${row.referenceName}`,
    `${number(row.ratio)} (${number(row.spread[0])}–${number(row.spread[1])}, ${row.pairs} pairs)`,
    row.targetText,
    row.met ? "yes" : "**no**",
  ]);
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export interface PartErrors {
  /** Below src/. */
  readonly folder: string;
  readonly codes: readonly (readonly [code: string, meaning: string])[];
}

/** docs/ref/errors.md, whole. */
export function errorReference(parts: readonly PartErrors[]): string {
  const head = [
    "# Error codes",
    "",
    "Made from the `errors.ts` of each part; a test compares. Change those, then run `npm run docs`.",
    "",
    "A code never changes its meaning. Logs and `--json` output carry the code; texts may be reworded.",
    "",
  ];
  const sections = parts.map(({ folder, codes }) =>
    [`## ${folder}`, "", "| code | what happened and what to do |", "| --- | --- |"]
      .concat(codes.map(([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll("|", "\\|")} |`))
      .concat("")
      .join("\n"),
  );
  return `${head.join("\n")}\n${sections.join("\n")}`;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { statusPatterns } from "../../src/device/sensor/lights.ts";

const root = join(import.meta.dirname, "../..");
const guide = readFileSync(join(root, "docs/guide/troubleshooting.md"), "utf8");
const headingsIn = (page: string): string[] =>
  [...page.matchAll(/^### (.*)$/gm)].flatMap(([, text = ""]) => text.split(" / "));
const headings = headingsIn(guide);
const doctor = join(root, "src/cli/doctor");
const topics = new Set(
  readdirSync(doctor).flatMap((name) =>
    [...readFileSync(join(doctor, name), "utf8").matchAll(/^ {2}topic: "(\w+)"/gm)].map(([, topic = ""]) => topic),
  ),
);

/** Names and numbers become `…`, as the guide writes them. */
const plain = (literal: string): string =>
  literal
    .slice(1, -1)
    .replaceAll(/\$\{[^}]*\}/g, "…")
    .replaceAll("\\`", "`");

/** What doctor may say that is not ok; where that is a measured text, its remedy. */
function findingsIn(source: string): readonly string[] {
  const literal = '("(?:[^"\\\\]|\\\\.)*"|`(?:[^`\\\\]|\\\\.)*`)';
  const measured = new RegExp(
    `level: "(?:problem|note)",\\s*found,(?:\\s*where(?:: \\w+)?,)?\\s*remedy:\\s*${literal}`,
    "g",
  );
  const isChoice = (definition: string): boolean => /^ = \w.* \? "/.test(definition);
  const said = [
    ...source.matchAll(new RegExp(`level: "(?:problem|note)"(?: as const)?,\\s*found: ${literal}`, "g")),
    ...source.matchAll(new RegExp(`found: \\w+ \\? ${literal} : ${literal}`, "g")),
    ...source.matchAll(new RegExp(`const found = \\w.* \\? ${literal} : ${literal}`, "g")),
    ...[...source.matchAll(measured)].filter(
      ({ index }) => !isChoice(source.slice(0, index).split("const found").at(-1) ?? ""),
    ),
  ];
  return said.flatMap(([, ...texts]) => texts.filter((text) => text !== undefined).map(plain));
}

const findings = readdirSync(doctor).flatMap((name) =>
  findingsIn(readFileSync(join(doctor, name), "utf8")).map((finding) => [name, finding] as const),
);

describe("troubleshooting goes by what doctor says", () => {
  test.each(findings)("%s: %s", (_file, finding) => {
    expect(headings).toContain(finding);
  });

  test("all of doctor's ways to say it are seen", () => {
    expect(findings.length).toBeGreaterThanOrEqual(24);
  });

  test("no heading below a topic of doctor's is one that doctor never says", () => {
    const said = new Set(findings.map(([, finding]) => finding));
    const invented = (page: string): string[] =>
      page
        .split(/^## /m)
        .filter((part) => topics.has(part.split("\n", 1)[0] ?? ""))
        .flatMap((part) => headingsIn(part))
        .filter((heading) => !said.has(heading));
    expect(invented(guide)).toEqual([]);
    expect(invented("## disk\n\n### the roof leaks\n")).toEqual(["the roof leaks"]);
  });

  test("a finding without its paragraph would be noticed", () => {
    const [finding] = findingsIn('{ level: "problem", found: "the roof leaks", remedy: "Mend it." }');
    expect(finding).toBe("the roof leaks");
    expect(headings).not.toContain(finding);
  });
});

test("every pattern of the status LED is in the pin map's table, and the one for a start that failed in both guides", () => {
  const board = readFileSync(join(root, "firmware/board/README.md"), "utf8");
  for (const condition of Object.keys(statusPatterns)) expect(board).toContain(`| \`${condition}\` |`);
  for (const page of [board, guide]) expect(page).toContain("two long flashes and a short one");
});

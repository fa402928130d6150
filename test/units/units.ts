import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { judgeUnits, MOST_EXPOSED } from "./judge.ts";

const USAGE = `npm run units [-- --json]

Judges the units in systemd/ by systemd's own tools: exposure at most ${MOST_EXPOSED} each, and nothing to complain about.`;

const words = process.argv.slice(2);
if (words.includes("--help")) {
  console.log(USAGE);
} else {
  const root = process.cwd();
  const units = await judgeUnits(join(root, "systemd"), join(root, "scripts/packaging"));
  const daemon = await readFile(join(root, "systemd/doorward.service"), "utf8");
  const ok = units.length > 0 && units.every((unit) => unit.ok) && daemon.includes("Type=notify");
  if (words.includes("--json")) console.log(JSON.stringify({ ok, mostExposed: MOST_EXPOSED, units }));
  else {
    for (const { name, exposure, complaints } of units) {
      console.log(`${name.padEnd(28)} ${exposure}  ${complaints.length === 0 ? "clean" : complaints.join("\n")}`);
    }
  }
  process.exitCode = ok ? 0 : 1;
}

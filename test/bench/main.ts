import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stopAllChildren } from "./child.ts";
import type { BenchContext, Measurement } from "./context.ts";
import type { Row } from "./row.ts";
import { app } from "./rows/app.ts";
import { coldStart } from "./rows/cold-start.ts";
import { countryDays } from "./rows/country-days.ts";
import { countryPhone } from "./rows/country-phone.ts";
import { detection } from "./rows/detection.ts";
import { glass } from "./rows/glass.ts";
import { live } from "./rows/live.ts";
import { memory } from "./rows/memory.ts";
import { rebuild } from "./rows/rebuild.ts";
import { recording } from "./rows/recording.ts";
import { registerRows } from "./rows/register.ts";
import { ring } from "./rows/ring.ts";
import { ringPicture } from "./rows/ring-picture.ts";
import { sealing } from "./rows/sealing.ts";
import { table } from "./table.ts";

const measurements: readonly Measurement[] = [
  recording,
  sealing,
  memory,
  coldStart,
  ring,
  ringPicture,
  rebuild,
  detection,
  app,
  live,
  glass,
  countryPhone,
  countryDays,
  registerRows,
];
const USAGE = `npm run bench -- [--json] [--only PART-OF-A-NAME] [--pairs N]
${measurements.flatMap(({ rows }) => rows.map((name) => `  ${name}`)).join("\n")}`;

interface Outcome {
  readonly rows: readonly Row[];
  readonly failures: readonly { readonly rows: readonly string[]; readonly reason: string }[];
}

async function measureAll(chosen: readonly Measurement[], context: Omit<BenchContext, "workDir">): Promise<Outcome> {
  const rows: Row[] = [];
  const failures: { rows: readonly string[]; reason: string }[] = [];
  for (const measurement of chosen) {
    context.say(`measuring: ${measurement.rows.join("; ")}`);
    const workDir = mkdtempSync(join("/var/tmp", "dwb-"));
    try {
      rows.push(...(await measurement.measure({ ...context, workDir })));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.say(`could not be measured: ${measurement.rows.join("; ")}: ${reason}`);
      failures.push({ rows: measurement.rows, reason });
    } finally {
      await stopAllChildren();
      rmSync(workDir, { recursive: true, force: true });
    }
  }
  return { rows, failures };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean" },
      only: { type: "string" },
      pairs: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const pairs = Number(values.pairs ?? "5");
  const only = values.only?.toLowerCase();
  const wants = (name: string): boolean => only === undefined || name.toLowerCase().includes(only);
  const chosen = measurements.filter(({ rows }) => rows.some(wants));
  if (values.help === true || !Number.isInteger(pairs) || pairs < 1 || chosen.length === 0) {
    process.stderr.write(`${USAGE}\n`);
    return values.help === true ? 0 : 2;
  }
  const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
  const { rows: measured, failures } = await measureAll(chosen, { pairs, wants, say });
  const rows = measured.filter(({ name }) => wants(name));
  process.stdout.write(`${values.json === true ? JSON.stringify({ rows, failures }, null, 2) : table(rows)}\n`);
  return failures.length === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stopAllChildren().then(() => process.exit(130)));
}
process.exitCode = await main();

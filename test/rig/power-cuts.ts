import { spawn } from "node:child_process";

export interface Cuts {
  /** Crash images that were looked at. */
  readonly images: number;
  /** Machines that lost their power and booted again. */
  readonly boots: number;
  /** Promises given before a cut that were not kept after it. */
  readonly lost: number;
}

/** Runs `npm run cuts` in a process of its own. @param words - Its options. @returns Also whether all of it went well, its control included. */
export async function powerCuts(words: readonly string[]): Promise<{ readonly ok: boolean; readonly cuts: Cuts }> {
  const child = spawn("scripts/run", ["test/rig/cuts/cuts.ts", ...words, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const status = await new Promise((resolve) => child.once("close", resolve));
  const report = JSON.parse(out === "" ? "{}" : out) as Partial<Cuts & { ok: boolean }>;
  if (report.images === undefined) throw new Error(`npm run cuts ended with ${String(status)} and without a report`);
  return { ok: report.ok === true, cuts: { images: report.images, boots: report.boots ?? 0, lost: report.lost ?? 0 } };
}
